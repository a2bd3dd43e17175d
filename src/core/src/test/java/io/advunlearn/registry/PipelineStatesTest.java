package io.advunlearn.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PipelineStatesTest {

    @TempDir
    Path temporary;
    private Path root;
    private FileEncoderRegistry registry;

    @BeforeEach
    void open() {
        root = temporary.resolve("registry");
        registry = new FileEncoderRegistry(root, "replica-1");
        for (String id : List.of("a", "b")) {
            registry.register(new TinyEncoder(1).write(temporary.resolve(id)), RegisterTest.registration(id));
        }
    }

    @Test
    void theHighestGenerationWins() {
        assertThat(registry.state("main")).isEmpty();
        registry.advance("main", 0, "a", List.of("church"), "alice");
        registry.advance("main", 1, "b", List.of("church"), "bob");
        PipelineState state = registry.advance("main", 2, "b", List.of("church"), "carol");
        assertThat(registry.state("main")).contains(state);
        assertThat(state.previous()).as("promoting the active encoder again keeps the one before").isEqualTo("a");
        assertThat(registry.history("main")).extracting(PipelineState::encoder).containsExactly("a", "b", "b");
        assertThat(registry.history("main")).extracting(PipelineState::previous).containsExactly("base", "a", "a");
    }

    @Test
    void generationsAreComparedAsNumbers() {
        for (int generation = 0; generation < 11; generation++) {
            registry.advance("main", generation, generation % 2 == 0 ? "a" : "b", List.of(), "alice");
        }
        assertThat(registry.state("main").orElseThrow().generation()).isEqualTo(11);
    }

    @Test
    void aStaleWriterIsTold() {
        registry.advance("main", 0, "a", List.of(), "alice");
        assertThatThrownBy(() -> registry.advance("main", 0, "b", List.of(), "bob"))
                .isInstanceOf(ConflictException.class).hasMessageContaining("generation 1, not 0");
        assertThatThrownBy(() -> registry.advance("main", 5, "b", List.of(), "bob")).isInstanceOf(ConflictException.class);
        assertThat(registry.state("main").orElseThrow().encoder()).isEqualTo("a");
    }

    @Test
    void anEncoderThatIsNotRegisteredCannotBeWanted() {
        assertThatThrownBy(() -> registry.advance("main", 0, "ghost", List.of(), "alice"))
                .isInstanceOf(RegistryException.class).hasMessageContaining("no encoder 'ghost'");
        assertThat(registry.advance("main", 0, "base", List.of(), "alice").encoder()).isEqualTo("base");
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "../pipelines", "a/b", "", "A"})
    void aPipelineNameThatIsNoPlainNameIsRefused(String name) {
        assertThatThrownBy(() -> registry.advance(name, 0, "a", List.of(), "alice")).isInstanceOf(RegistryException.class);
        assertThatThrownBy(() -> registry.state(name)).isInstanceOf(RegistryException.class);
    }

    @Test
    void aStateThatLiesAboutItsGenerationIsRefused() throws IOException {
        registry.advance("main", 0, "a", List.of(), "alice");
        Files.copy(root.resolve("pipelines/main/1.json"), root.resolve("pipelines/main/7.json"));
        assertThatThrownBy(() -> registry.state("main")).isInstanceOf(RegistryException.class).hasMessageContaining("generation 7");
    }

    @Test
    void temporaryFilesOfACrashAreNoStates() throws IOException {
        registry.advance("main", 0, "a", List.of(), "alice");
        Files.writeString(root.resolve("pipelines/main/.tmp-crashed"), "{");
        assertThat(registry.state("main").orElseThrow().generation()).isEqualTo(1);
        assertThat(registry.advance("main", 1, "b", List.of(), "alice").generation()).isEqualTo(2);
    }

    /** Every writer advances {@code count} times, retrying after a conflict; no write may be lost. */
    private static int advanceTimes(EncoderRegistry registry, String writer, int count) {
        int conflicts = 0;
        for (int done = 0; done < count;) {
            long generation = registry.state("race").map(PipelineState::generation).orElse(0L);
            try {
                registry.advance("race", generation, done % 2 == 0 ? "a" : "b", List.of(), writer);
                done++;
            } catch (ConflictException e) {
                conflicts++;
            }
        }
        return conflicts;
    }

    private void assertNothingLost(List<String> writers, int count) {
        List<PipelineState> history = registry.history("race");
        assertThat(history).extracting(PipelineState::generation)
                .containsExactlyElementsOf(LongStream.rangeClosed(1, (long) writers.size() * count).boxed().toList());
        for (String writer : writers) {
            assertThat(history).filteredOn(state -> state.changedBy().equals(writer)).hasSize(count);
        }
    }

    @Test
    void racingThreadsNeverLoseAWrite() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Integer>> running = new ArrayList<>();
            List<String> writers = List.of("w1", "w2", "w3", "w4");
            for (String writer : writers) {
                EncoderRegistry own = new FileEncoderRegistry(root, writer);
                running.add(threads.submit(() -> advanceTimes(own, writer, 25)));
            }
            for (Future<Integer> future : running) {
                future.get(60, TimeUnit.SECONDS);
            }
            assertNothingLost(writers, 25);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void racingProcessesNeverLoseAWrite() throws Exception {
        List<String> writers = List.of("p1", "p2");
        List<Process> processes = new ArrayList<>();
        for (String writer : writers) {
            processes.add(ChildJvm.start(Writer.class, root.toString(), writer, "25"));
        }
        for (Process process : processes) {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }
        assertNothingLost(writers, 25);
    }

    /** The other process. */
    static final class Writer {
        public static void main(String[] args) {
            advanceTimes(new FileEncoderRegistry(Path.of(args[0]), args[1]), args[1], Integer.parseInt(args[2]));
        }
    }
}
