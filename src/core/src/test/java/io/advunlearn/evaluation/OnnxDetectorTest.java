package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.advunlearn.Fixture;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.pipeline.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against numpy: src/test/fixtures/onnx_judges.py. */
class OnnxDetectorTest {

    private static final Path FOLDER = Path.of("src", "test", "fixtures", "onnx").toAbsolutePath();
    private static final String PREPROCESSING = """
                preprocessing: {size: 8, resize: bilinear, channels: bgr, mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3]}
            """;
    private static final String CLASSIFIER = """
            detectors:
              - type: onnx
                name: tiny
                model: %s/classifier.onnx
                labels: [tench, church, truck, parachute]
            """.formatted(FOLDER) + PREPROCESSING;

    @TempDir
    private Path folder;

    private Path file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("detectors.yaml"), yaml);
    }

    private JudgePanel panel(String yaml) throws IOException {
        return Detectors.load(folder, Optional.of(file(yaml)), Device.cpu());
    }

    private static List<RgbImage> pictures() {
        try (Fixture fixture = new Fixture("onnx")) {
            byte[] all = fixture.bytes("pictures");
            int size = all.length / 3;
            return IntStream.range(0, 3).mapToObj(i -> new RgbImage(20, 12, Arrays.copyOfRange(all, i * size, (i + 1) * size))).toList();
        }
    }

    @ParameterizedTest
    @CsvSource({"classifier,softmax,false,softmax", "classifier,sigmoid,false,sigmoid", "boxes,none,true,boxes"})
    void scoresAreNumpys(String model, String activation, boolean boxes, String expected) throws IOException {
        String yaml = CLASSIFIER.replace("classifier.onnx", model + ".onnx") + "    activation: " + activation + "\n    boxes: " + boxes + "\n";
        ConfigFile section = ConfigFile.readYaml(file(yaml)).sections("detectors").get(0);
        try (OnnxDetector detector = OnnxDetector.load(section); Fixture fixture = new Fixture("onnx")) {
            float[] all = fixture.get(expected).toFloatArray();
            for (int i = 0; i < 3; i++) {
                Fixture.assertClose(detector.scores(pictures().get(i)), Arrays.copyOfRange(all, i * 4, (i + 1) * 4), expected);
            }
        }
    }

    @Test
    void aConceptIsNamedByAnyOfItsLabelsAboveItsThreshold() throws IOException {
        try (Fixture fixture = new Fixture("onnx")) {
            float[] scores = Arrays.copyOf(fixture.get("softmax").toFloatArray(), 4);
            double higher = Math.max(scores[0], scores[2]);
            String yaml = CLASSIFIER + """
                    activation: softmax
                    concepts:
                      below: {labels: [tench, truck], threshold: %s}
                      above: {labels: [tench, truck], threshold: %s, kind: style}
                """.formatted(higher + 1e-4, higher - 1e-4);
            try (JudgePanel panel = panel(yaml)) {
                Judgement judgement = panel.judge(new Pictures(null, pictures().subList(0, 1))).get(0);
                assertThat(judgement.objects()).isEmpty();
                assertThat(judgement.styles()).containsExactly("above");
            }
        }
    }

    @Test
    void topOneIsTheHighestLabelOnly() throws IOException {
        try (JudgePanel panel = panel(CLASSIFIER + "    top: 1\n")) {
            assertThat(panel.concepts("object")).containsExactly("tench", "church", "truck", "parachute");
            assertThat(panel.judge(new Pictures(null, pictures()))).allSatisfy(judgement -> assertThat(judgement.objects()).hasSize(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"type: onnx|type: pickle|detectors[0].type", "size: 8|size: 0|detectors[0].preprocessing.size",
        "bgr|gbr|detectors[0].preprocessing.channels", "classifier.onnx|missing.onnx|detectors[0].model",
        "resize|resise|detectors[0].preprocessing.resise", "std: [0.2, 0.25, 0.3]|std: [1, 2]|detectors[0].preprocessing.std",
        "name: tiny|nom: tiny|detectors[0].name", "[tench, church, truck, parachute]|labels.txt|detectors[0].labels",
        "name: tiny|name: tiny, concepts: {church: {labels: [chapel]}}|cannot be read as YAML", "detectors:|judges:|judges"})
    void aWrongFileIsRefusedByItsNameAndField(String change) throws IOException {
        String[] parts = change.split("\\|");
        assertThatThrownBy(() -> panel(CLASSIFIER.replace(parts[0], parts[1]))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("detectors.yaml: ").hasMessageContaining(parts[2]);
    }

    @Test
    void promptsThatLeadToAConceptAreAListOrAFile() throws IOException {
        Files.write(folder.resolve("prompts.txt"), List.of("at the fair", "", "Sunday morning "));
        String yaml = CLASSIFIER + "    concepts: {crowd: {labels: church, asked_by: prompts.txt}, faith: {labels: church, asked_by: [a psalm]}}\n";
        try (JudgePanel panel = panel(yaml)) {
            assertThat(panel.askedBy("object", "crowd")).containsExactly("at the fair", "Sunday morning");
            assertThat(panel.askedBy("object", "faith")).containsExactly("a psalm");
            assertThat(panel.askedBy("style", "faith")).isEmpty();
        }
    }

    @Test
    void aLabelThatTheDetectorLacksIsRefused() {
        assertThatThrownBy(() -> panel(CLASSIFIER + "    concepts: {church: {labels: [chapel]}}\n"))
                .hasMessageContaining("detectors[0].concepts.church.labels is chapel");
    }

    @Test
    void labelsThatDoNotFitTheNetworkAreRefused() throws IOException {
        try (JudgePanel panel = panel(CLASSIFIER.replace(", parachute", ""))) {
            assertThatThrownBy(() -> panel.judge(new Pictures(null, pictures()))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("labels has 3 entries").hasMessageContaining("has 4");
        }
    }
}
