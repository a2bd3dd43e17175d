-- Which replica may run a job: the newest claim of each.
create table advunlearn_job_claims (
    collection text not null,
    job text not null,
    token bigint not null check (token > 0),
    replica text not null,
    beats bigint not null default 0,
    released boolean not null default false,
    primary key (collection, job)
);
