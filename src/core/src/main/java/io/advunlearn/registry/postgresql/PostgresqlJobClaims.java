package io.advunlearn.registry.postgresql;

import io.advunlearn.registry.JobClaims;
import java.util.Optional;

/** Claims in table {@code advunlearn_job_claims}: one row a job, which one statement compares and sets. */
final class PostgresqlJobClaims implements JobClaims {

    private static final String OF_JOB = " where collection = ? and job = ?";

    private final Database database;

    PostgresqlJobClaims(Database database) {
        this.database = database;
    }

    @Override
    public Optional<Claim> newest(String collection, String job) {
        return database.list(row -> new Claim(row.getLong(1), row.getString(2), row.getLong(3), row.getBoolean(4)),
                "select token, replica, beats, released from advunlearn_job_claims" + OF_JOB, collection, job).stream().findFirst();
    }

    @Override
    public boolean take(String collection, String job, long token, String replica) {
        if (token == 1) {
            return database.update("insert into advunlearn_job_claims (collection, job, token, replica) values (?, ?, 1, ?) on conflict do nothing",
                    collection, job, replica) == 1;
        }
        return database.update("update advunlearn_job_claims set token = token + 1, replica = ?, beats = 0, released = false" + OF_JOB + " and token = ?",
                replica, collection, job, token - 1) == 1;
    }

    @Override
    public boolean beat(String collection, String job, long token, long beats) {
        return database.update("update advunlearn_job_claims set beats = ?" + OF_JOB + " and token = ? and not released", beats, collection, job, token) == 1;
    }

    @Override
    public void release(String collection, String job, long token) {
        database.update("update advunlearn_job_claims set released = true" + OF_JOB + " and token = ?", collection, job, token);
    }
}
