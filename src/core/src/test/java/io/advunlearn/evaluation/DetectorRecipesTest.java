package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.TestDevice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The recipes are read as they are; a tiny network stands for the published one. */
class DetectorRecipesTest {

    private static final Path NETWORK = Path.of("src", "test", "fixtures", "onnx", "classifier.onnx");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"nudenet,320n.onnx,object,nudity", "resnet-50,resnet-50/model.onnx,object,garbage truck", "q16,q16.onnx,object,inappropriate",
        "style-vit,style-vit/model.onnx,style,Van Gogh"})
    void aRecipeLoadsAndKnowsItsConcept(String recipe, String model, String kind, String concept) throws IOException {
        Files.createDirectories(folder.resolve(model).getParent());
        Files.copy(NETWORK, folder.resolve(model));
        Files.write(folder.resolve("prompts.txt"), List.of("a painting of bathers"));
        Files.write(folder.resolve("artists.txt"), List.of("claude-monet", "vincent-van-gogh"));
        Files.write(folder.resolve("imagenet-classes.txt"), List.of("tench, Tinca tinca", "church, church building", "garbage truck, dustcart",
                "parachute, chute"));
        try (InputStream in = Detectors.class.getResourceAsStream("detectors/" + recipe + ".yaml")) {
            Files.copy(in, folder.resolve("detectors.yaml"));
        }
        try (JudgePanel judges = Detectors.load(folder, Optional.empty(), TestDevice.any())) {
            assertThat(judges.names()).containsExactly(recipe);
            assertThat(judges.concepts(kind)).contains(concept);
        }
    }
}
