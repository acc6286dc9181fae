-- Commits on a branch such as develop are not those of the branches that begin from it.

COMMENT ON TABLE inherited_references IS
    'Commits that the history links with a task id: they came in by a merge or a pull request that names it, or stand on a branch that does and neither on the default branch nor on another one that branches begin from. Derived by the load from task_references, parents and merged_commits';
