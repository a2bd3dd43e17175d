package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.advunlearn.registry.TinyEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Resident memory over many swaps of encoders of 25 MB. */
@Tag("slow")
class EncoderSlotMemoryTest {

    private static final Path STATUS = Path.of("/proc/self/status");

    @TempDir
    Path folder;

    @Test
    void aHundredSwapsLeaveResidentMemoryWhereItWas() throws IOException {
        assumeTrue(Files.exists(STATUS), "resident memory is read from /proc");
        try (SlotFixture fixture = new SlotFixture(folder, ErasureFloor.NONE, false, new TinyEncoder(0, 512))) {
            for (int id = 0; id < 3; id++) {
                fixture.register("encoder-" + id, new TinyEncoder(id, 512));
            }
            swap(fixture, 1, 30);
            long before = residentKilobytes();
            swap(fixture, 31, 130);
            assertThat(residentKilobytes()).isLessThanOrEqualTo(before + before / 20);
        }
    }

    private static void swap(SlotFixture fixture, int first, int last) {
        for (int generation = first; generation <= last; generation++) {
            fixture.slot.swap(SwapRequest.of(fixture.source("encoder-" + generation % 3), generation));
            fixture.encodeActive();
        }
    }

    private static long residentKilobytes() throws IOException {
        List<String> lines = Files.readAllLines(STATUS);
        return lines.stream().filter(line -> line.startsWith("VmRSS:")).map(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }
}
