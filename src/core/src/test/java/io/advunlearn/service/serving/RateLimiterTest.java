package io.advunlearn.service.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.service.access.Identity;
import io.advunlearn.service.access.Role;
import io.advunlearn.service.json.FieldException;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RateLimiterTest {

    private static final Identity ACME = new Identity("acme-web", null, "acme", "10.0.0.1");
    private static final Identity ACME_TOO = new Identity("acme-app", null, "acme", "10.0.0.2");
    private static final Identity USER = new Identity("user/u", Role.VIEWER, null, "10.0.0.1");

    private long seconds;

    private RateLimiter limiter(int requests, int images, int concurrent) {
        return new RateLimiter(new RateLimits(limit(requests), limit(images), limit(concurrent)), () -> TimeUnit.SECONDS.toNanos(seconds));
    }

    private static OptionalInt limit(int value) {
        return value == 0 ? OptionalInt.empty() : OptionalInt.of(value);
    }

    @Test
    void requestsAreCountedByIdentityAndComeBackBitByBit() {
        RateLimiter limiter = limiter(6, 0, 0);
        for (int i = 0; i < 6; i++) {
            limiter.admit(ACME).close();
        }
        assertThatThrownBy(() -> limiter.admit(ACME)).isInstanceOfSatisfying(BusyException.class, e -> assertThat(e.retryAfterSeconds()).isEqualTo(10));
        limiter.admit(ACME_TOO).close();
        limiter.admit(USER).close();
        seconds = 10;
        limiter.admit(ACME).close();
        assertThatThrownBy(() -> limiter.admit(ACME)).isInstanceOf(BusyException.class);
    }

    @Test
    void whoIsUnknownIsCountedByAddress() {
        RateLimiter limiter = limiter(1, 0, 0);
        limiter.admit(Identity.anonymous("192.0.2.1"));
        limiter.admit(Identity.anonymous("192.0.2.2"));
        assertThatThrownBy(() -> limiter.admit(Identity.anonymous("192.0.2.1"))).isInstanceOf(BusyException.class);
        limiter.admit(Identity.anonymous("2001:db8:1:2::1"));
        assertThatThrownBy(() -> limiter.admit(Identity.anonymous("2001:db8:1:2:ffff::2"))).as("the same network").isInstanceOf(BusyException.class);
        limiter.admit(Identity.anonymous("2001:db8:1:3::1"));
        limiter.admit(new Identity("anonymous", null, "anonymous", "192.0.2.1"));
    }

    @Test
    void imagesAreCountedByTheirNumber() {
        RateLimiter limiter = limiter(0, 10, 0);
        limiter.admit(ACME).images(8);
        assertThatThrownBy(() -> limiter.admit(ACME).images(4)).isInstanceOfSatisfying(BusyException.class, e -> assertThat(e.retryAfterSeconds()).isEqualTo(12));
        limiter.admit(ACME).images(2);
        assertThatThrownBy(() -> limiter.admit(USER).images(11)).isInstanceOf(FieldException.class).hasMessage("n must be at most 10, the images a minute of one client");
    }

    @Test
    void aTenantHasSoManyRequestsUnderWay() {
        RateLimiter limiter = limiter(0, 0, 2);
        RateLimiter.Admission first = limiter.admit(ACME);
        limiter.admit(ACME_TOO);
        assertThatThrownBy(() -> limiter.admit(ACME)).isInstanceOf(BusyException.class).hasMessageContaining("at most 2 requests");
        limiter.admit(USER).close();
        first.close();
        first.close();
        limiter.admit(ACME);
        assertThatThrownBy(() -> limiter.admit(ACME_TOO)).isInstanceOf(BusyException.class);
        assertThat(limiter.running()).containsOnlyKeys("tenant acme");
    }

    @Test
    void aLimitIsAtLeastOne() {
        assertThatThrownBy(() -> new RateLimits(OptionalInt.of(0), OptionalInt.empty(), OptionalInt.empty())).hasMessageContaining("rate-limits.requests-per-minute");
    }
}
