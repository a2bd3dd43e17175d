package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.model.ClipTextModel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncoderSlotTest {

    @TempDir
    Path folder;
    private SlotFixture fixture;
    private EncoderSlot slot;

    @BeforeEach
    void load() {
        fixture = new SlotFixture(folder, ErasureFloor.NONE, false);
        slot = fixture.slot;
        fixture.register("a", 1, "church");
        fixture.register("b", 2, "church", "horse");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void itStartsWithTheBaseEncoder() {
        try (ComponentSlot.Lease<ClipTextModel> lease = slot.acquire()) {
            assertThat(lease.snapshot().id()).isEqualTo("base");
            assertThat(lease.snapshot().generation()).isZero();
            assertThat(lease.snapshot().erasures()).isEmpty();
            assertThat(lease.snapshot().network().config()).isEqualTo(fixture.architecture);
        }
    }

    @Test
    void aSwapReportsWhatItDid() {
        SwapResult result = slot.swap(SwapRequest.of(fixture.source("a"), 1));
        assertThat(result.encoder()).isEqualTo("a");
        assertThat(result.previous()).isEqualTo("base");
        assertThat(result.generation()).isEqualTo(1);
        assertThat(result.digest()).isEqualTo(fixture.registry.encoder("a").orElseThrow().digest());
        assertThat(result.loadMillis()).isPositive();
        assertThat(result.verifyMillis()).isPositive();
        assertThat(result.flipMillis()).isBetween(0.0, 100.0);
        assertThat(result.drained()).as("nobody held the base encoder").isTrue();
        assertThat(slot.status().encoder()).isEqualTo("a");
        assertThat(slot.status().erasures()).containsExactly("church");
    }

    @Test
    void aRequestKeepsTheEncoderItStartedWith() {
        slot.swap(SwapRequest.of(fixture.source("a"), 1));
        ComponentSlot.Lease<ClipTextModel> running = slot.acquire();
        float[] before = SlotFixture.encode(running.snapshot());

        SwapResult first = slot.swap(SwapRequest.of(fixture.source("b"), 2));
        slot.swap(SwapRequest.base(3, false));

        assertThat(running.snapshot().id()).isEqualTo("a");
        assertThat(SlotFixture.encode(running.snapshot())).containsExactly(before);
        assertThat(fixture.encodeActive()).isNotEqualTo(before);
        assertThat(first.drained()).isFalse();
        assertThat(first.drainMillis()).isEmpty();
        assertThat(fixture.loadedEncoders()).as("a is held by the request, b kept for rollback").isEqualTo(2);

        running.close();
        running.close();
        assertThat(first.drained()).isTrue();
        assertThat(first.drainMillis().getAsDouble()).isPositive();
        assertThat(fixture.loadedEncoders()).isEqualTo(1);
    }

    @Test
    void theEncoderBeforeComesBackWithoutLoading() {
        slot.swap(SwapRequest.of(fixture.source("a"), 1));
        float[] before = fixture.encodeActive();
        slot.swap(SwapRequest.of(fixture.source("b"), 2));
        SwapResult back = slot.swap(SwapRequest.of(fixture.source("a"), 3));
        assertThat(back.loadMillis()).isZero();
        assertThat(fixture.loads()).isEqualTo(2);
        assertThat(fixture.encodeActive()).containsExactly(before);
        assertThat(slot.status().previous()).isEqualTo("b");
        assertThat(slot.status().generation()).isEqualTo(3);
    }

    @Test
    void aClosedLeaseGivesNoSnapshot() {
        ComponentSlot.Lease<ClipTextModel> lease = slot.acquire();
        lease.close();
        assertThatThrownBy(lease::snapshot).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aSecondSwapIsRefusedWhileOneRuns() throws Exception {
        CountDownLatch loaded = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<SwapResult> first = CompletableFuture.supplyAsync(() -> slot.swap(SwapRequest.of(fixture.source("a"), 1), () -> {
            loaded.countDown();
            await(goOn);
            return 1;
        }));
        assertThat(loaded.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(slot.status().swapping()).isTrue();
        assertThatThrownBy(() -> slot.swap(SwapRequest.of(fixture.source("b"), 1))).isInstanceOf(SwapInProgressException.class);
        assertThat(slot.status().encoder()).as("the old encoder serves until the flip").isEqualTo("base");
        goOn.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS).encoder()).isEqualTo("a");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aCommitThatFailsChangesNothingAndFreesWhatWasLoaded() {
        slot.swap(SwapRequest.of(fixture.source("a"), 1));
        assertThatThrownBy(() -> slot.swap(SwapRequest.of(fixture.source("b"), 2), () -> {
            throw new IllegalStateException("disk full");
        })).hasMessage("disk full");
        assertThat(slot.status().encoder()).isEqualTo("a");
        assertThat(fixture.loadedEncoders()).isEqualTo(1);
        assertThat(slot.swap(SwapRequest.of(fixture.source("b"), 2)).encoder()).as("the next swap is free to run").isEqualTo("b");
    }

    @Test
    void anOlderGenerationIsRefused() {
        slot.swap(SwapRequest.of(fixture.source("a"), 5));
        assertThatThrownBy(() -> slot.swap(SwapRequest.of(fixture.source("b"), 5))).isInstanceOf(OvertakenSwapException.class)
                .hasMessageContaining("not newer than generation 5");
    }

    @Test
    void theFloorHoldsForEverySwapUnlessWeakened() {
        slot.floor(ErasureFloor.of(List.of(" Horse ")));
        assertThatThrownBy(() -> slot.swap(SwapRequest.of(fixture.source("a"), 1))).isInstanceOf(BelowFloorException.class)
                .hasMessageContaining("has not erased horse");
        assertThatThrownBy(() -> slot.swap(SwapRequest.base(1, false))).isInstanceOf(BelowFloorException.class);
        assertThat(fixture.loads()).as("refused before anything is loaded").isZero();

        slot.swap(SwapRequest.of(fixture.source("b"), 1));
        assertThat(slot.status().weakened()).isFalse();
        assertThatThrownBy(() -> slot.swap(SwapRequest.base(2, false))).as("a rollback is a swap").isInstanceOf(BelowFloorException.class);
        assertThat(slot.status().encoder()).isEqualTo("b");

        slot.swap(new SwapRequest(fixture.source("a"), 2, true));
        assertThat(slot.status().encoder()).isEqualTo("a");
        assertThat(slot.status().weakened()).isTrue();
    }

    @Test
    void closingFreesEverythingOnceRequestsEnd() {
        slot.swap(SwapRequest.of(fixture.source("a"), 1));
        slot.swap(SwapRequest.of(fixture.source("b"), 2));
        ComponentSlot.Lease<ClipTextModel> running = slot.acquire();
        slot.close();
        assertThat(fixture.loadedEncoders()).isEqualTo(1);
        assertThat(SlotFixture.encode(running.snapshot())).isNotEmpty();
        running.close();
        assertThat(fixture.loadedEncoders()).isZero();
        assertThatThrownBy(slot::acquire).isInstanceOf(EncoderUnavailableException.class);
        assertThatThrownBy(() -> slot.swap(SwapRequest.of(fixture.source("a"), 3))).isInstanceOf(SwapException.class);
    }
}
