-- oldest writer: 0.1.0
-- Who a person is at a provider of OpenID Connect. An account is known by issuer and subject, never by an address alone:
-- addresses are given to others after people have left.

create table subjects (
    issuer text not null,
    subject text not null,
    user_id integer not null references users (id),
    is_admin_by_group integer not null,
    created_at integer not null,
    primary key (issuer, subject)
) without rowid;
create index subjects_user on subjects (user_id);

-- A group of the provider's gave it, so the group's end takes it away; what somebody gave by hand stays.
alter table members add column is_by_group integer not null default 0;
