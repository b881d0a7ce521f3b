-- That two accounts are two customers is said of whoever one of them was merged into too. What a
-- merge said for the first time is taken away when the merge is undone.
grant delete on accounts.duplicate_candidate to keynode_accounts;
