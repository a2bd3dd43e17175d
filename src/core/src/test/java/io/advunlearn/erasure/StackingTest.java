package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StackingTest {

    private static final Map<String, Object> SMALL = Map.of("iterations", 1, "warmupIterations", 0, "eraseBatch", 2, "attackSteps", 1,
            "retainBatch", 4, "bankStarts", 2, "retainStarts", 8, "bankSteps", 4, "eraseTexts", 8, "retainTexts", 8);
    private static final LineageEntry CHURCH = new LineageEntry("church", "object", "advunlearn", null, 1L);

    @TempDir
    private Path directory;

    private final PipelineComponents components = BundledModel.pipeline().components();

    private ErasureResult erase(String concept, String kind, ErasureStart start, Map<String, Object> overrides, String name) {
        Map<String, Object> settings = new HashMap<>(SMALL);
        settings.putAll(overrides);
        ErasureRequest request = new ErasureRequest(concept, kind, "advunlearn", "kv", 7, settings, start);
        return new AdvUnlearn().run(components, request, directory.resolve(name), ErasureListener.NONE, new CancellationToken());
    }

    private static float[] weights(Path folder) {
        try (Safetensors file = Safetensors.open(folder.resolve("model.safetensors"))) {
            return file.floats("text_model.encoder.layers.1.mlp.fc1.weight");
        }
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.abs(a[i] - b[i]);
        }
        return sum / a.length;
    }

    @Test
    void theSecondErasureStartsFromTheFirstOnesEncoder() throws IOException {
        Path first = erase("church", "object", ErasureStart.BASE, Map.of(), "first").encoderDirectory();
        Path second = erase("blob", "style", ErasureStart.folder(first), Map.of("learningRate", 1e-9), "second").encoderDirectory();

        assertThat(distance(weights(first), weights(components.directory().resolve("text_encoder")))).isGreaterThan(1e-4);
        assertThat(distance(weights(second), weights(first))).isLessThan(1e-7);
        ErasureStart written = ErasureStart.folder(second);
        assertThat(written.lineage()).extracting(LineageEntry::concept).containsExactly("church", "blob");
        assertThat(written.lineage()).extracting(LineageEntry::kind).containsExactly("object", "style");
        assertThat(written.lineage()).allMatch(entry -> entry.method().equals("advunlearn") && entry.seed() == 7 && entry.settings().length() == 64);
        assertThat(written.baseDigest()).isEqualTo(components.baseDigest());
        assertThat(Files.readString(second.resolve("lineage.json"))).contains(Sha256.of(first.resolve("model.safetensors")));
    }

    @Test
    void retainedPromptsHoldEarlierConceptsInAShareOfTheirOwnOnly() {
        PromptCatalog catalog = PromptCatalog.of(components.directory()).without(List.of("church", "dog"));
        HeldPrompts held = new HeldPrompts(catalog, components.tokenizer(), List.of(CHURCH));
        List<String> retained = new RetainPrompts(catalog, "object", List.of(), held).prompts(40, new Noise(1));

        assertThat(retained).hasSize(40);
        assertThat(retained.subList(0, 30)).noneMatch(prompt -> prompt.contains("church") || prompt.contains("dog"));
        assertThat(retained.subList(30, 40)).allMatch(prompt -> prompt.contains("church"));
    }

    @Test
    void everyEarlierConceptIsHeldButNeverMoreThanHalf() {
        LineageEntry blob = new LineageEntry("blob", "style", "esd", null, null);
        HeldPrompts two = new HeldPrompts(PromptCatalog.of(components.directory()).without(List.of("church", "blob")), components.tokenizer(), List.of(CHURCH, blob));
        assertThat(two.share(40)).isEqualTo(10);
        assertThat(two.share(5)).isEqualTo(2);
        assertThat(two.share(2)).isEqualTo(1);
        assertThat(two.prompts(7, new Noise(2))).filteredOn(prompt -> prompt.contains("blob")).hasSize(3);
    }

    @Test
    void anErasedConceptIsNoAnchor() {
        ErasureStart start = new ErasureStart("church-1", components.directory().resolve("text_encoder"), components.baseDigest(),
                components.baseDigest(), List.of(CHURCH));
        assertThatIllegalArgumentException().isThrownBy(() -> erase("house", "object", start, Map.of("anchor", "Church"), "anchor"))
                .withMessage("anchor must be no erased concept, and church is one");
    }

    @Test
    void anotherFileUnderTheSameNameIsRefused() {
        ErasureStart other = new ErasureStart("church-1", components.directory().resolve("text_encoder"), "0".repeat(64), null, List.of());
        assertThatIllegalArgumentException().isThrownBy(() -> erase("dog", "object", other, Map.of(), "digest"))
                .withMessageContaining("is not the file that was registered");
        ErasureStart stranger = new ErasureStart("church-1", components.directory().resolve("text_encoder"), components.baseDigest(), "1".repeat(64), List.of());
        assertThatIllegalArgumentException().isThrownBy(() -> erase("dog", "object", stranger, Map.of(), "base"))
                .withMessageContaining("another base encoder");
    }

    @Test
    void aCheckpointOfAnotherStartIsRefused() {
        ErasureStart start = ErasureStart.folder(components.directory().resolve("text_encoder"));
        erase("dog", "object", ErasureStart.BASE, Map.of(), "same");
        assertThatThrownBy(() -> erase("dog", "object", start, Map.of(), "same")).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another request");
    }

    @Test
    void aFolderWithoutAnEncoderIsNamed() {
        assertThatIllegalArgumentException().isThrownBy(() -> ErasureStart.folder(directory)).withMessageContaining("from must be a folder");
    }
}
