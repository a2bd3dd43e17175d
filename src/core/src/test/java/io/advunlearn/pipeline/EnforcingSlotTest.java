package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.model.ClipTextModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A slot that rather refuses than serves a weaker encoder. */
class EnforcingSlotTest {

    @TempDir
    Path folder;
    private SlotFixture fixture;
    private EncoderSlot slot;

    @BeforeEach
    void load() {
        fixture = new SlotFixture(folder, ErasureFloor.of(List.of("church")), true);
        slot = fixture.slot;
        fixture.register("a", 1, "church");
        fixture.register("weak", 2, "horse");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private void assertServes(String encoder) {
        try (ComponentSlot.Lease<ClipTextModel> lease = slot.acquire()) {
            assertThat(lease.snapshot().id()).isEqualTo(encoder);
        }
    }

    @Test
    void itRefusesUntilTheDemandedEncoderIsLoaded() {
        assertThatThrownBy(slot::acquire).isInstanceOf(EncoderUnavailableException.class).hasMessageContaining("not loaded yet");
        assertThat(slot.status().unavailable()).contains("not loaded yet");
        slot.swap(SwapRequest.of(fixture.source("a"), 1));
        assertServes("a");
        assertThat(slot.status().unavailable()).isNull();
    }

    @Test
    void aBaseEncoderBelowTheFloorIsNotServedEvenIfDemanded() {
        slot.demandBase();
        assertThatThrownBy(slot::acquire).isInstanceOf(EncoderUnavailableException.class).hasMessageContaining("'base' has not erased church");
    }

    @Test
    void aFailedSwapLeavesItRefusing() {
        assertThatThrownBy(() -> slot.swap(SwapRequest.of(fixture.source("weak"), 1))).isInstanceOf(BelowFloorException.class);
        assertThatThrownBy(slot::acquire).isInstanceOf(EncoderUnavailableException.class);
    }

    @Test
    void aWeakenedEncoderServesAsAsked() {
        slot.swap(new SwapRequest(fixture.source("weak"), 1, true));
        assertServes("weak");
    }

    @Test
    void aRaisedFloorStopsWhatIsBelowIt() {
        slot.swap(SwapRequest.of(fixture.source("a"), 1));
        ComponentSlot.Lease<ClipTextModel> running = slot.acquire();
        slot.floor(slot.floor().union(List.of("horse")));
        assertThatThrownBy(slot::acquire).isInstanceOf(EncoderUnavailableException.class).hasMessageContaining("has not erased horse");
        assertThat(SlotFixture.encode(running.snapshot())).as("requests in flight are not aborted").isNotEmpty();
        running.close();
    }

    @Test
    void weakenIsNoFreePassOnceTheEncoderMeetsTheFloor() {
        slot.swap(new SwapRequest(fixture.source("a"), 1, true));
        slot.floor(slot.floor().union(List.of("horse")));
        assertThatThrownBy(slot::acquire).isInstanceOf(EncoderUnavailableException.class);
    }
}
