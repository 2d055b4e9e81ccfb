-- Accounts that their residents have deleted.

ALTER TYPE movement ADD VALUE 'pay_back';
ALTER TABLE resident ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN resident.erased_at IS 'When its resident deleted it: from then on nobody can read who that was';
COMMENT ON TABLE resident_key IS 'The own key of each resident who has not deleted his account, wrapped under the city''s master key, which is not here';
