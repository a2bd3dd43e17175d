-- One row: which registry this is. Its directory names it, too.
create table advunlearn_registry (
    one boolean primary key default true check (one),
    id uuid not null default gen_random_uuid()
);

-- Documents are those that a registry's directory holds as files; the highest generation wins.
create table advunlearn_states (
    pipeline text not null,
    generation bigint not null check (generation > 0),
    document jsonb not null,
    primary key (pipeline, generation)
);

create table advunlearn_routes (
    pipeline text not null,
    generation bigint not null check (generation > 0),
    document jsonb not null,
    primary key (pipeline, generation)
);

create table advunlearn_audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    replica text not null,
    principal text,
    action text,
    target text,
    outcome text
);
create index advunlearn_audit_newest on advunlearn_audit (at desc, id desc);

create table advunlearn_replicas (
    replica text primary key,
    report jsonb not null,
    reported_at timestamptz not null default now()
);

-- Replicas that listen look at the registry at once, whoever made the change.
create function advunlearn_notify() returns trigger language plpgsql as $$
begin
    perform pg_notify('advunlearn_registry', new.pipeline);
    return null;
end $$;

create trigger advunlearn_states_notify after insert on advunlearn_states for each row execute function advunlearn_notify();
create trigger advunlearn_routes_notify after insert on advunlearn_routes for each row execute function advunlearn_notify();
