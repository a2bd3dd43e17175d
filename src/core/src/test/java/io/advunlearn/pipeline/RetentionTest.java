package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.model.ClipTextModel;
import io.advunlearn.registry.PipelineReconciler;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long, and in how much memory, the encoder before is kept. */
class RetentionTest {

    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    Path folder;
    private final AtomicLong now = new AtomicLong(5);
    private SlotFixture fixture;
    private EncoderSlot slot;
    private PipelineReconciler reconciler;

    @BeforeEach
    void open() {
        fixture = new SlotFixture(folder, ErasureFloor.NONE, false);
        slot = fixture.slot;
        slot.group().clock(now::get);
        reconciler = new PipelineReconciler("main", fixture.registry, slot);
        fixture.register("a", 1, "church");
        fixture.register("b", 2, "church");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private void passes(Duration time) {
        now.addAndGet(time.toNanos());
        slot.releaseExpired();
    }

    private long bytes() {
        try (ComponentSlot.Lease<ClipTextModel> lease = slot.acquire()) {
            return lease.snapshot().network().weights().asMap().values().stream().mapToLong(tensor -> tensor.size() * Float.BYTES).sum();
        }
    }

    @Test
    void whatIsNotLimitedIsKept() {
        reconciler.promote("a", "alice");
        reconciler.promote("b", "alice");
        passes(Duration.ofDays(3650));
        assertThat(slot.status().previous()).isEqualTo("a");
        assertThat(reconciler.rollback("alice", false).loadMillis()).isZero();
    }

    @Test
    void afterItsTimeTheEncoderBeforeIsFreedAndARollbackLoadsIt() {
        slot.retain(new Retention(HOUR, Long.MAX_VALUE));
        reconciler.promote("a", "alice");
        passes(HOUR);
        assertThat(slot.status().previous()).as("the base encoder takes no memory of its own").isEqualTo("base");
        reconciler.promote("b", "alice");
        passes(HOUR.minusNanos(1));
        assertThat(fixture.loadedEncoders()).isEqualTo(2);
        passes(Duration.ofNanos(1));
        assertThat(slot.status().previous()).isNull();
        assertThat(fixture.loadedEncoders()).isEqualTo(1);
        assertThat(reconciler.rollback("alice", false).loadMillis()).as("from the registry").isPositive();
        assertThat(slot.status().encoder()).isEqualTo("a");
        assertThat(fixture.loads()).isEqualTo(3);
    }

    @Test
    void withoutTimeOrMemoryItIsFreedAtOnce() {
        for (Retention none : new Retention[] {new Retention(Duration.ZERO, Long.MAX_VALUE), new Retention(HOUR, 0)}) {
            slot.retain(none);
            reconciler.promote("a", "alice");
            reconciler.promote("b", "alice");
            assertThat(slot.status().previous()).isNull();
            assertThat(fixture.loadedEncoders()).isEqualTo(1);
        }
    }

    @Test
    void aRequestKeepsWhatTheSlotLetsGo() {
        slot.retain(new Retention(Duration.ZERO, Long.MAX_VALUE));
        reconciler.promote("a", "alice");
        ComponentSlot.Lease<ClipTextModel> running = slot.acquire();
        reconciler.promote("b", "alice");
        assertThat(fixture.loadedEncoders()).isEqualTo(2);
        assertThat(SlotFixture.encode(running.snapshot())).isNotEmpty();
        running.close();
        assertThat(fixture.loadedEncoders()).isEqualTo(1);
    }

    @Test
    void memoryIsCountedOverAllSlotsOfThePipeline() {
        ComponentSlot<ClipTextModel> second = slot.beside(fixture.loader, slot.active().network(), () -> "0".repeat(64), true);
        slot.retain(new Retention(HOUR, 2 * bytes() - 1));
        swapBoth(second, "a", 1);
        swapBoth(second, "b", 2);
        assertThat(slot.status().previous()).as("the oldest, here the first of both, went").isNull();
        assertThat(second.status().previous()).isEqualTo("a");
        assertThat(fixture.loadedEncoders()).isEqualTo(3);

        slot.retain(new Retention(HOUR, 2 * bytes()));
        swapBoth(second, "a", 3);
        assertThat(slot.status().previous()).isEqualTo("b");
        assertThat(second.status().previous()).isEqualTo("b");
        slot.retain(new Retention(HOUR, bytes()));
        assertThat(fixture.loadedEncoders()).as("a new limit holds at once").isEqualTo(3);
        second.close();
    }

    private void swapBoth(ComponentSlot<ClipTextModel> second, String id, long generation) {
        new JointSwap().put(slot, fixture.source(id)).put(second, fixture.source(id)).run(generation, false, () -> generation);
    }

    @Test
    void negativeLimitsAreRefused() {
        assertThatThrownBy(() -> new Retention(Duration.ofSeconds(-1), 0)).hasMessage("time must not be negative, but is PT-1S");
        assertThatThrownBy(() -> new Retention(HOUR, -1)).hasMessage("bytes must be at least 0, not -1");
    }
}
