package io.advunlearn.service.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FailedLoginsTest {

    private long seconds;

    @Test
    void anAddressIsSlowedAndComesBack() {
        FailedLogins failed = new FailedLogins(4, () -> TimeUnit.SECONDS.toNanos(seconds));
        for (int i = 0; i < 4; i++) {
            assertThat(failed.blockedSeconds("192.0.2.1")).isZero();
            failed.failed("192.0.2.1");
        }
        assertThat(failed.blockedSeconds("192.0.2.1")).isEqualTo(15);
        assertThat(failed.blockedSeconds("192.0.2.2")).isZero();
        seconds = 15;
        assertThat(failed.blockedSeconds("192.0.2.1")).isZero();
        failed.failed("192.0.2.1");
        assertThat(failed.blockedSeconds("192.0.2.1")).isEqualTo(15);
    }

    @Test
    void whatIsRememberedIsBounded() {
        Buckets buckets = new Buckets(1, 100, () -> 0);
        for (int i = 0; i < 1000; i++) {
            buckets.take("address " + i, 1);
        }
        assertThat(buckets.size()).isEqualTo(100);
        assertThat(buckets.wait("address 999")).isEqualTo(60);
        assertThat(buckets.wait("address 0")).as("forgotten").isZero();
    }
}
