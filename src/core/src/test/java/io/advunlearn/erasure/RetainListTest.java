package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDManager;
import io.advunlearn.TestDevice;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.tensor.Noise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetainListTest {

    @TempDir
    private Path directory;

    private static ErasureRequest request(String concept, List<RetainPrompt> retain) {
        return new ErasureRequest(List.of(new ErasureConcept(concept, "object", null)), "advunlearn", "kv", 1, Map.of(), null, retain);
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("list"), text);
    }

    @Test
    void thePublishedColumnsAndPlainLinesAreRead() throws IOException {
        assertThat(RetainFile.read(file("case_num,source,prompt\n0,coco,a photo of chair\n1,coco,\"a \"\"big\"\", red bus\"\n")))
                .containsExactly(new RetainPrompt(2, "a photo of chair"), new RetainPrompt(3, "a \"big\", red bus"));
        assertThat(RetainFile.read(file("prompt\na dog\n"))).containsExactly(new RetainPrompt(2, "a dog"));
        assertThat(RetainFile.read(file("a dog, sitting\n\n a cat \n"))).containsExactly(new RetainPrompt(1, "a dog, sitting"), new RetainPrompt(3, "a cat"));
    }

    @Test
    void aListWithoutPromptsOrWithABrokenLineIsRefused() throws IOException {
        Path empty = file("case_num,source,prompt\n");
        assertThatIllegalArgumentException().isThrownBy(() -> RetainFile.read(empty)).withMessageContaining("holds no prompt");
        assertThatIllegalArgumentException().isThrownBy(() -> RetainFile.read(file("a,prompt\n1\n"))).withMessageContaining("line 2 has 1 columns");
        assertThatIllegalArgumentException().isThrownBy(() -> RetainFile.read(file("prompt\n\"a dog\n"))).withMessageContaining("line 2");
    }

    @Test
    void aListThatHoldsTheConceptIsRefusedNamingTheLine() throws IOException {
        List<RetainPrompt> list = RetainFile.read(file("case_num,source,prompt\n0,coco,a photo of chair\n1,coco,two old Churches\n"));
        assertThatIllegalArgumentException().isThrownBy(() -> request("church", list))
                .withMessage("retain: line 3 holds the concept church, which cannot be erased and retained: two old Churches");
        assertThat(request("hair", list).retain()).hasSize(2);
    }

    @Test
    void relatedPromptsAreDroppedAndTheRestIsKeptOnce() {
        List<RetainPrompt> list = RetainPrompt.of(List.of("a cathedral", "a dog", "A  dog", "old chapels", "a cat"));
        RetainFilter filter = new RetainFilter(request("church", list), 0, null, new Noise(1));
        assertThat(filter.list(list)).containsExactly("a dog", "a cat");
        assertThat(filter.dropped()).containsExactly("a cathedral", "old chapels");
        assertThatIllegalArgumentException().isThrownBy(() -> filter.list(list.subList(0, 1))).withMessageContaining("not related to church");
    }

    @Test
    void wordsRelatedToAnErasedConceptLeaveTheCatalogue() {
        PromptCatalog general = PromptCatalog.of(directory);
        assertThat(general.objects()).contains("truck", "flower");
        PipelineComponents elsewhere = at(directory);
        assertThat(ErasurePrompts.catalog(elsewhere, request("rose", List.of())).objects()).doesNotContain("rose", "flower").contains("truck");
        assertThat(ErasurePrompts.catalog(elsewhere, request("garbage truck", List.of())).objects()).doesNotContain("truck").contains("flower");
    }

    private static PipelineComponents at(Path directory) {
        PipelineComponents c = BundledModel.pipeline().components();
        return new PipelineComponents(directory, c.configs(), c.tokenizer(), c.baseEncoder(), c.baseDigest(), null, c.unet(), c.vae(), c.scheduler(), c.device(), c.lane());
    }

    @Test
    void distancesTellNearClassesFromFarOnesAndTheThresholdDropsThem() {
        PipelineComponents components = BundledModel.pipeline().components();
        PromptCatalog catalog = PromptCatalog.of(components.directory());
        ErasureRequest request = request("church", List.of());
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch"); KeyValueDistance metric = KeyValueDistance.of(components.unet())) {
            PromptEncoder frozen = new PromptEncoder(components.tokenizer(), components.baseEncoder(), components.lane());
            ClassDistance distance = new ClassDistance(catalog, frozen, metric, manager);
            double[] values = distance.classes(List.of("church", "house", "banana"), request.concepts().get(0), new Noise(1));
            assertThat(values[0]).isLessThan(1e-5);
            assertThat(values[1]).isBetween(1e-3, values[2]);
            double between = (values[1] + values[2]) / 2;
            PromptCatalog kept = new RetainFilter(request, between, distance, new Noise(1)).catalog(catalog);
            assertThat(kept.objects()).doesNotContain("house").contains("banana");
            List<RetainPrompt> list = RetainPrompt.of(List.of("a photo of a church tower", "a banana"));
            double[] prompts = distance.prompts(List.of("a photo of a church", "a banana"), request.concepts().get(0), new Noise(1));
            assertThat(prompts[0]).isLessThan(1e-5);
            assertThat(prompts[1]).isGreaterThan(0.01);
        }
    }
}
