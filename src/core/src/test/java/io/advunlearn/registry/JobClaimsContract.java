package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.registry.JobClaims.Claim;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What claims of jobs promise, wherever they are kept. */
abstract class JobClaimsContract {

    static final String JOBS = "erasures";
    private static final int CONTENDERS = 8;

    /** Those of another process, of the same jobs; there is one called {@code job}. */
    abstract JobClaims open();

    @Test
    void theNewestClaimCountsWhateverBecameOfTheOneBefore() {
        JobClaims claims = open();
        assertThat(claims.newest(JOBS, "job")).isEmpty();
        assertThat(claims.take(JOBS, "job", 1, "a")).isTrue();
        assertThat(claims.take(JOBS, "job", 1, "b")).isFalse();
        assertThat(claims.beat(JOBS, "job", 1, 1)).isTrue();
        assertThat(claims.newest(JOBS, "job")).contains(new Claim(1, "a", 1, false));

        assertThat(claims.take(JOBS, "job", 2, "b")).isTrue();
        assertThat(claims.newest(JOBS, "job")).contains(new Claim(2, "b", 0, false));
        assertThat(claims.beat(JOBS, "job", 1, 2)).as("the old holder's heartbeat").isFalse();
        assertThat(claims.beat(JOBS, "job", 2, 1)).isTrue();
    }

    @Test
    void onlyTheNewestCanBeReleased() {
        JobClaims claims = open();
        claims.take(JOBS, "job", 1, "a");
        claims.take(JOBS, "job", 2, "b");
        claims.release(JOBS, "job", 1);
        assertThat(claims.newest(JOBS, "job")).contains(new Claim(2, "b", 0, false));
        claims.release(JOBS, "job", 2);
        assertThat(claims.newest(JOBS, "job")).map(Claim::released).contains(true);
        assertThat(claims.beat(JOBS, "job", 2, 1)).isFalse();
        assertThat(claims.take(JOBS, "job", 3, "a")).isTrue();
        assertThat(claims.newest(JOBS, "job")).contains(new Claim(3, "a", 0, false));
    }

    @Test
    void ofManyContendersOneGetsEachNumber() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CONTENDERS);
        CyclicBarrier together = new CyclicBarrier(CONTENDERS);
        List<JobClaims> all = IntStream.range(0, CONTENDERS).mapToObj(i -> open()).toList();
        try {
            for (long token = 1; token <= 20; token++) {
                long wanted = token;
                List<Callable<Boolean>> attempts = IntStream.range(0, CONTENDERS).<Callable<Boolean>>mapToObj(i -> () -> {
                    together.await();
                    return all.get(i).take(JOBS, "job", wanted, "replica-" + i);
                }).toList();
                int winners = 0;
                for (Future<Boolean> attempt : threads.invokeAll(attempts)) {
                    winners += attempt.get() ? 1 : 0;
                }
                assertThat(winners).isEqualTo(1);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
