-- Subfolders: which folder they are in.

ALTER TABLE folders ADD COLUMN parent_folder_id text;
COMMENT ON COLUMN folders.parent_folder_id IS
    'The folder that a subfolder is in; null for a folder that is directly in its space';
