package io.advunlearn.service.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.registry.FileJobClaims;
import io.advunlearn.registry.JobClaims;
import io.advunlearn.registry.RegistryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leases of 40 s under clocks that the test moves. */
class JobLeasesTest {

    private static final String JOBS = "erasures";

    @TempDir
    Path root;
    private JobDirectory job;
    private final AtomicLong clockOfA = new AtomicLong(-5_000_000_000L);
    private final AtomicLong clockOfB = new AtomicLong(Long.MAX_VALUE - 10);
    private boolean unreachable;
    private JobLeases a;
    private JobLeases b;

    @BeforeEach
    void makeJob() {
        job = new JobStore(root.resolve(JOBS)).create("church", "a", Map.of("concept", "church"));
        a = replica("a", clockOfA);
        b = replica("b", clockOfB);
    }

    private JobLeases replica(String name, AtomicLong clock) {
        return new JobLeases(new Cut(new FileJobClaims(root)), name, Duration.ofSeconds(40), clock::get);
    }

    private void pass(long seconds, AtomicLong... clocks) {
        List.of(clocks).forEach(clock -> clock.addAndGet(Duration.ofSeconds(seconds).toNanos()));
    }

    @Test
    void aLivingHolderKeepsItsJob() {
        JobLeases.Lease lease = a.claim(JOBS, job.id()).orElseThrow();
        for (int i = 0; i < 20; i++) {
            assertThat(b.takeOver(JOBS, job.id())).isEmpty();
            assertThat(b.claim(JOBS, job.id())).isEmpty();
            assertThat(a.takeOver(JOBS, job.id())).isEmpty();
            pass(10, clockOfA, clockOfB);
            a.beat();
        }
        assertThat(lease.isLost()).isFalse();
    }

    @Test
    void aDeadHoldersJobIsTakenAfterALeaseOfSilenceHoweverTheClocksDiffer() {
        a.claim(JOBS, job.id());
        assertThat(b.takeOver(JOBS, job.id())).as("first sight").isEmpty();
        pass(39, clockOfB);
        assertThat(b.takeOver(JOBS, job.id())).isEmpty();
        pass(1, clockOfB);
        assertThat(b.takeOver(JOBS, job.id())).isPresent();
        assertThat(replica("c", clockOfB).takeOver(JOBS, job.id())).isEmpty();
    }

    @Test
    void aHolderThatIsCutOffStopsBeforeAnotherCanBegin() {
        JobLeases.Lease lease = a.claim(JOBS, job.id()).orElseThrow();
        JobDirectory held = job.heldBy(lease);
        b.takeOver(JOBS, job.id());
        unreachable = true;
        pass(29, clockOfA, clockOfB);
        a.beat();
        held.append("progress", Map.of("iteration", 1));
        pass(1, clockOfA, clockOfB);
        a.beat();
        assertThat(lease.isLost()).isTrue();
        assertThatThrownBy(() -> held.append("progress", Map.of("iteration", 2))).isInstanceOf(ClaimLostException.class);
        assertThatThrownBy(() -> held.write(held.status().running())).isInstanceOf(ClaimLostException.class);
        unreachable = false;
        assertThat(b.takeOver(JOBS, job.id())).as("not yet").isEmpty();
        pass(10, clockOfB);
        assertThat(b.takeOver(JOBS, job.id())).isPresent();
        a.beat();
        assertThat(lease.isLost()).as("for ever").isTrue();
        assertThat(job.events(0)).hasSize(1);
        assertThat(job.status().state()).isEqualTo(JobState.QUEUED);
    }

    @Test
    void aHolderWhoseJobWasTakenNoticesAtItsNextHeartbeat() {
        JobLeases.Lease lease = a.claim(JOBS, job.id()).orElseThrow();
        JobLeases again = replica("a", clockOfA);
        assertThat(again.takeOver(JOBS, job.id())).as("a restarted replica goes on at once").isPresent();
        assertThat(lease.isLost()).isFalse();
        assertThatThrownBy(lease::renew).isInstanceOf(ClaimLostException.class);
        lease.release();
        assertThat(b.takeOver(JOBS, job.id())).as("what is lost cannot be given up").isEmpty();
    }

    @Test
    void whatIsGivenUpIsFreeAtOnce() {
        a.claim(JOBS, job.id()).orElseThrow().release();
        assertThat(b.takeOver(JOBS, job.id())).isPresent();
    }

    @Test
    void aJobThatNobodyClaimedIsTakenAfterALease() {
        assertThat(b.takeOver(JOBS, job.id())).as("its maker may be about to").isEmpty();
        pass(40, clockOfB);
        assertThat(b.takeOver(JOBS, job.id())).isPresent();
        assertThat(a.claim(JOBS, job.id())).isEmpty();
    }

    /** A store that may be out of reach. */
    private final class Cut implements JobClaims {

        private final JobClaims store;

        Cut(JobClaims store) {
            this.store = store;
        }

        private JobClaims reach() {
            if (unreachable) {
                throw new RegistryException("out of reach");
            }
            return store;
        }

        @Override
        public Optional<Claim> newest(String collection, String id) {
            return reach().newest(collection, id);
        }

        @Override
        public boolean take(String collection, String id, long token, String replica) {
            return reach().take(collection, id, token, replica);
        }

        @Override
        public boolean beat(String collection, String id, long token, long beats) {
            return reach().beat(collection, id, token, beats);
        }

        @Override
        public void release(String collection, String id, long token) {
            reach().release(collection, id, token);
        }
    }
}
