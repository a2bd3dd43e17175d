package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.ResidentMemory;
import io.advunlearn.registry.TinyEncoder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Resident memory over many swaps of encoders of 25 MB. */
@Tag("slow")
class EncoderSlotMemoryTest {

    @TempDir
    Path folder;

    @Test
    void aHundredSwapsLeaveResidentMemoryWhereItWas() throws IOException {
        try (SlotFixture fixture = new SlotFixture(folder, ErasureFloor.NONE, false, new TinyEncoder(0, 512))) {
            for (int id = 0; id < 3; id++) {
                fixture.register("encoder-" + id, new TinyEncoder(id, 512));
            }
            swap(fixture, 1, 30);
            long before = ResidentMemory.kilobytes();
            swap(fixture, 31, 130);
            assertThat(ResidentMemory.kilobytes()).isLessThanOrEqualTo(before + before / 20);
        }
    }

    private static void swap(SlotFixture fixture, int first, int last) {
        for (int generation = first; generation <= last; generation++) {
            fixture.slot.swap(SwapRequest.of(fixture.source("encoder-" + generation % 3), generation));
            fixture.encodeActive();
        }
    }
}
