package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.SlotFixture;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of a process that registers and promotes encoders in a loop. */
class KilledPromotionTest {

    @TempDir
    Path folder;

    @Test
    @Timeout(120)
    void everyRestartServesTheLastPromotedEncoder() throws Exception {
        killRepeatedly(3);
    }

    @Test
    @Tag("slow")
    void fiftyKills() throws Exception {
        killRepeatedly(50);
    }

    private void killRepeatedly(int times) throws Exception {
        try (SlotFixture prepared = new SlotFixture(folder, ErasureFloor.NONE, true)) {
            prepared.register("a", 1, "church");
            prepared.register("b", 2, "church");
        }
        Random random = new Random(5);
        long acknowledged = 0;
        for (int round = 0; round < times; round++) {
            acknowledged = assertConsistent(killAfter(1 + random.nextInt(5), random.nextInt(60), acknowledged));
        }
        assertThat(acknowledged).as("promotions that survived").isGreaterThanOrEqualTo(times);
    }

    /** @return the last generation the killed process had reported, at least {@code promotions} more than {@code before} */
    private long killAfter(int promotions, int millis, long before) throws Exception {
        Process process = ChildJvm.start(Promoter.class, folder.toString());
        long generation = before;
        try (BufferedReader lines = process.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("ready " + before);
            for (int promotion = 0; promotion < promotions; promotion++) {
                generation = Long.parseLong(lines.readLine());
            }
            Thread.sleep(millis);
            // Through the handle, which leaves the pipe open: what was reported before the kill is still to be read.
            process.toHandle().destroyForcibly();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                generation = Long.parseLong(line);
            }
        } finally {
            process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
        }
        assertThat(process.exitValue()).as("killed, not ended").isEqualTo(137);
        return generation;
    }

    /** @return the generation a restart serves: the last one reported, or the one that was being written */
    private long assertConsistent(long acknowledged) {
        try (SlotFixture restarted = new SlotFixture(folder, ErasureFloor.NONE, true)) {
            List<PipelineState> history = restarted.registry.history("main");
            assertThat(history).extracting(PipelineState::generation)
                    .containsExactlyElementsOf(LongStream.rangeClosed(1, history.size()).boxed().toList());
            assertThat((long) history.size()).isBetween(acknowledged, acknowledged + 1);
            restarted.registry.encoders().forEach(encoder -> restarted.registry.verify(encoder.id()));
            new PipelineReconciler("main", restarted.registry, restarted.slot).reconcile();
            String promoted = history.isEmpty() ? "base" : history.get(history.size() - 1).encoder();
            assertThat(restarted.slot.status().encoder()).isEqualTo(promoted);
            restarted.slot.acquire().close();
            new FileEncoderRegistry(folder.resolve("registry"), "cleaner", Duration.ZERO);
            assertThat(folder.resolve("registry/encoders").toFile().list((directory, name) -> name.startsWith("."))).isEmpty();
            return history.size();
        }
    }

    /** The process that is killed: registers an encoder, promotes, reports, again and again. */
    static final class Promoter {
        public static void main(String[] args) {
            SlotFixture fixture = new SlotFixture(Path.of(args[0]), ErasureFloor.NONE, true);
            PipelineReconciler reconciler = new PipelineReconciler("main", fixture.registry, fixture.slot);
            reconciler.reconcile();
            System.out.println("ready " + fixture.slot.status().generation());
            while (true) {
                long generation = fixture.slot.status().generation();
                String candidate = "candidate-" + System.nanoTime();
                fixture.register(candidate, generation, "church");
                reconciler.promote(generation % 3 == 0 ? candidate : generation % 3 == 1 ? "a" : "b", "promoter");
                System.out.println(fixture.slot.status().generation());
            }
        }
    }
}
