-- oldest writer: 0.1.0
-- Accounts. Times are Unix milliseconds. Rows of people and their names are never deleted, only marked as removed:
-- a name that was once taken stays taken. Ids are never used again (autoincrement), because old ones live on in
-- clients' caches and links.

create table settings (
    name text primary key,
    value text not null
);

-- Whoever may own projects. A team may belong to an organisation.
create table entities (
    id integer primary key autoincrement,
    name text not null,
    kind text not null check (kind in ('personal', 'team', 'organization')),
    organization_id integer references entities (id),
    created_at integer not null,
    removed_at integer
);
create unique index entities_name on entities (lower(name));
create index entities_organization on entities (organization_id);

-- The personal entity has the user's name, also when that is a service account's.
create table users (
    id integer primary key autoincrement,
    entity_id integer not null unique references entities (id),
    username text not null unique,
    name text not null,
    email text,
    password_hash text,
    is_admin integer not null,
    kind text not null check (kind in ('user', 'service')),
    created_at integer not null,
    removed_at integer
);
create unique index users_email on users (lower(email)) where removed_at is null;

create table members (
    entity_id integer not null references entities (id),
    user_id integer not null references users (id),
    role text not null check (role in ('admin', 'member', 'viewer')),
    created_at integer not null,
    primary key (entity_id, user_id)
);
create index members_user on members (user_id);

-- For addresses nobody here has yet: whoever is added with the address becomes a member.
create table invites (
    id integer primary key autoincrement,
    entity_id integer not null references entities (id),
    email text not null,
    role text not null check (role in ('admin', 'member', 'viewer')),
    created_at integer not null
);
create unique index invites_email on invites (entity_id, lower(email));

-- hash: HMAC-SHA-256 of the key's text under the secret that lies outside the database.
create table api_keys (
    id integer primary key autoincrement,
    user_id integer not null references users (id),
    hash blob not null unique,
    prefix text not null,
    description text not null,
    created_at integer not null,
    revoked_at integer
);
create index api_keys_user on api_keys (user_id);

-- key_id: the key that was logged in with, if any; the session ends with it.
create table sessions (
    id integer primary key autoincrement,
    user_id integer not null references users (id),
    key_id integer references api_keys (id),
    hash blob not null unique,
    created_at integer not null,
    expires_at integer not null
);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);

-- Appended in the transaction of the change it tells of. user_id and key_id: who acted, null for the command line
-- on a stopped server and for log-ins that failed.
create table audit (
    id integer primary key autoincrement,
    at integer not null,
    action text not null,
    user_id integer,
    key_id integer,
    address text not null,
    entity_id integer,
    subject text not null
);
create index audit_at on audit (at);
