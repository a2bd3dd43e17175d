package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.registry.LineageEntry;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Safetensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConceptListTest {

    private static final ErasureConcept CHURCH = new ErasureConcept("church", "object", null);
    private static final ErasureConcept BLOB = new ErasureConcept("blob", "style", null);
    private static final Map<String, Object> SMALL = Map.of("iterations", 2, "eraseBatch", 8, "attackSteps", 1, "bankStarts", 2, "retainStarts", 8, "bankSteps", 4, "eraseTexts", 8, "retainTexts", 60, "latestStart", true,
            "placements", List.of("prefix"));

    @TempDir
    private Path directory;

    private final PipelineComponents components = BundledModel.pipeline().components();
    private final PromptCatalog catalog = PromptCatalog.of(components.directory());

    private static ErasureRequest request(Map<String, Object> settings, ErasureConcept... concepts) {
        return new ErasureRequest(List.of(concepts), "advunlearn", "kv", 7, settings, null, null);
    }

    @Test
    void oneRunErasesSeveralConceptsAndKeepsTheirAttacksApart() {
        ErasureResult result = new AdvUnlearn().run(components, request(SMALL, CHURCH, BLOB), directory, ErasureListener.NONE, new CancellationToken());

        assertThat(ErasureStart.folder(result.encoderDirectory()).lineage()).extracting(LineageEntry::concept).containsExactly("church", "blob");
        assertThat(result.anchor()).matches(".+, .+").doesNotContain("church").doesNotContain("blob");
        assertThat(result.unetForward()).isEqualTo(ErasureCost.of((ErasureSettings) result.settings(), 2).forward());
        assertThat(RetainFile.read(directory.resolve("retain.csv"))).extracting(RetainPrompt::prompt).doesNotHaveDuplicates().hasSizeGreaterThan(40)
                .noneMatch(prompt -> prompt.contains("church") || prompt.contains("blob"));
        try (Safetensors checkpoint = Safetensors.open(directory.resolve("checkpoint.safetensors"))) {
            assertThat(checkpoint.tensors().keySet()).contains("adversarial.latest.church.PREFIX", "adversarial.latest.blob.PREFIX");
        }
    }

    @Test
    void theSameConceptTwiceIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> request(SMALL, CHURCH, new ErasureConcept(" Church", null, null)))
                .withMessage("concepts must be different, and Church is there twice");
        assertThatIllegalArgumentException().isThrownBy(() -> request(SMALL)).withMessageContaining("concepts must hold 1 to");
    }

    @Test
    void aTopicTakesTheUsersPromptsAndPlainTemplates() {
        ErasureConcept nudity = new ErasureConcept("nudity", "topic", List.of("a naked man on a beach", "nudity in a church"));
        List<ConceptPrompt> contexts = new ConceptPrompts(catalog, components.tokenizer(), nudity, "").contexts(6, new Noise(1));

        assertThat(contexts).extracting(ConceptPrompt::text).contains("a naked man on a beach", "nudity in a church", "a photo of nudity");
        ConceptPrompt whole = contexts.stream().filter(c -> c.text().startsWith("a naked")).findFirst().orElseThrow();
        assertThat(whole.start()).isZero();
        assertThat(whole.length()).isEqualTo(components.tokenizer().tokenize("a naked man on a beach").length);
        assertThat(contexts.stream().filter(c -> c.text().equals("nudity in a church")).findFirst().orElseThrow().anchor()).isEqualTo("in a church");
    }

    @Test
    void aConceptThatTheCatalogueDoesNotKnowIsPutIntoItsTemplates() {
        List<ConceptPrompt> contexts = new ConceptPrompts(catalog, components.tokenizer(), new ErasureConcept("zeppelin", "object", null), "rocket")
                .contexts(10, new Noise(1));
        assertThat(contexts).hasSize(10).allMatch(c -> c.text().contains("zeppelin") && c.anchor().contains("rocket"));
    }

    @Test
    void anUnknownKindIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ErasureConcept("church", "colour", null))
                .withMessage("kind must be one of object, style, topic, not colour");
    }
}
