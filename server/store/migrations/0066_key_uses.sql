-- oldest writer: 0.1.0
-- When an API key was last used, to within API_KEY_USE_GRAIN_MS; null: not since this is noted.
alter table api_keys add column last_used_at bigint;
