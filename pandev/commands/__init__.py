"""The commands of `pandev`, one module each; `report` has a package of its own."""
