-- The user of tap-clickup's token, whose activity is not that of a person.

ALTER TABLE users ADD COLUMN is_service_user boolean;
COMMENT ON COLUMN users.is_service_user IS
    'Whether the token that read the row is this user''s; null until a run reads it again';
