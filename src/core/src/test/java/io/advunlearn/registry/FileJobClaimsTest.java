package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.JobClaims.Claim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileJobClaimsTest {

    private static final String JOBS = "erasures";

    @TempDir
    Path root;
    private JobClaims claims;

    @BeforeEach
    void makeJob() throws IOException {
        Files.createDirectories(root.resolve(JOBS).resolve("job"));
        claims = new FileJobClaims(root);
    }

    @Test
    void theNewestClaimCountsWhateverBecameOfTheOneBefore() {
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
        claims.take(JOBS, "job", 1, "a");
        claims.take(JOBS, "job", 2, "b");
        claims.release(JOBS, "job", 1);
        assertThat(claims.newest(JOBS, "job")).contains(new Claim(2, "b", 0, false));
        claims.release(JOBS, "job", 2);
        assertThat(claims.newest(JOBS, "job")).map(Claim::released).contains(true);
        assertThat(claims.beat(JOBS, "job", 2, 1)).isFalse();
    }

    @Test
    void ofManyContendersOneGetsEachNumber() throws Exception {
        ExecutorService contenders = Executors.newFixedThreadPool(8);
        try {
            for (long token = 1; token <= 20; token++) {
                long wanted = token;
                CountDownLatch together = new CountDownLatch(8);
                List<Callable<Boolean>> attempts = IntStream.range(0, 8).<Callable<Boolean>>mapToObj(i -> () -> {
                    together.countDown();
                    together.await();
                    return new FileJobClaims(root).take(JOBS, "job", wanted, "replica-" + i);
                }).toList();
                int winners = 0;
                for (Future<Boolean> attempt : contenders.invokeAll(attempts)) {
                    winners += attempt.get() ? 1 : 0;
                }
                assertThat(winners).isEqualTo(1);
            }
        } finally {
            contenders.shutdownNow();
        }
    }

    @Test
    void whatCannotBeWrittenIsAnError() {
        assertThatThrownBy(() -> claims.take(JOBS, "there-is-none", 1, "a")).isInstanceOf(RegistryException.class).hasMessageContaining("there-is-none");
        assertThatThrownBy(() -> claims.newest(JOBS, "../job")).isInstanceOf(RegistryException.class);
    }
}
