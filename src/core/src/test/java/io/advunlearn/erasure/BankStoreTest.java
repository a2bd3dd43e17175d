package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.advunlearn.TestDevice;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Noise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BankStoreTest {

    @TempDir
    private Path directory;

    private final PipelineComponents components = BundledModel.pipeline().components();
    private final NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch");
    private final UnetMeter meter = new UnetMeter();

    @AfterEach
    void close() {
        manager.close();
    }

    private ErasureSettings settings(double guidance) {
        return ErasureSettings.resolve(new ErasureRequest("church", "object", "advunlearn", "kv", 1, Map.of("bankSteps", 2, "startGuidance", guidance)));
    }

    private FrozenPredictions frozen(ErasureSettings settings) {
        return new FrozenPredictions(components, components.baseEncoder(), meter, settings, new CancellationToken());
    }

    private PromptSet prompts(FrozenPredictions frozen, String concept) {
        return PromptSet.concept(frozen, List.of(ConceptPrompt.of(components.tokenizer(), "a " + concept, "a house", concept)), manager);
    }

    private TrajectoryBank get(BankStore store, double guidance, String concept, long seed) {
        FrozenPredictions frozen = frozen(settings(guidance));
        return store.get(frozen, prompts(frozen, concept), "concept", new Noise(seed), manager);
    }

    private BankStore store(long mostBytes, double guidance, long seed) {
        return new BankStore(directory, mostBytes, components, settings(guidance), seed);
    }

    private float[] target(TrajectoryBank bank) {
        return bank.draw(new int[] {0, 0, 0}, new Noise(5), manager).target().toFloatArray();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    @Test
    void aBankReadFromDiskHasTheSameNumbersAndCostsNoUnet() throws IOException {
        float[] built = target(get(store(1 << 30, 3, 1), 3, "church", 1));
        long spent = meter.forward();
        BankStore second = store(1 << 30, 3, 1);
        TrajectoryBank read = get(second, 3, "church", 1);

        assertThat(target(read)).isEqualTo(built);
        assertThat(read.draw(new int[] {0}, new Noise(2), manager).timesteps().toFloatArray()).hasSize(1);
        assertThat(meter.forward()).isEqualTo(spent);
        assertThat(second.reused()).isOne();
        assertThat(files()).hasSize(1);
    }

    @Test
    void anotherSeedConceptOrSettingIsAnotherBank() throws IOException {
        get(store(1 << 30, 3, 1), 3, "church", 1);
        for (BankStore other : List.of(store(1 << 30, 3, 2), store(1 << 30, 5, 1))) {
            get(other, 3, "church", 1);
            assertThat(other.reused()).isZero();
        }
        BankStore dog = store(1 << 30, 3, 1);
        get(dog, 3, "dog", 1);
        assertThat(dog.reused()).isZero();
        assertThat(files()).hasSize(4);
    }

    @Test
    void aDamagedBankIsBuiltAnew() throws IOException {
        float[] built = target(get(store(1 << 30, 3, 1), 3, "church", 1));
        Path file = files().get(0);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 5000] ^= 1;
        Files.write(file, bytes);
        BankStore second = store(1 << 30, 3, 1);

        assertThat(target(get(second, 3, "church", 1))).isEqualTo(built);
        assertThat(second.reused()).isZero();
        Files.write(file, new byte[] {1, 2, 3});
        assertThat(target(get(store(1 << 30, 3, 1), 3, "church", 1))).isEqualTo(built);
    }

    @Test
    void theLeastRecentlyUsedGoesWhenTheDirectoryIsFull() throws IOException {
        get(store(1 << 30, 3, 1), 3, "church", 1);
        Path first = files().get(0);
        long size = Files.size(first);
        get(store(size + size / 2, 3, 2), 3, "church", 2);
        assertThat(files()).hasSize(1).doesNotContain(first);
        get(store(size / 2, 3, 3), 3, "church", 3);
        assertThat(files()).hasSize(1);
    }
}
