package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.advunlearn.Fixture;
import io.advunlearn.TestDevice;
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

/** Against transformers' probabilities: src/test/fixtures/clip.py. */
class ClipDetectorTest {

    private static final Path FOLDER = Path.of("src", "test", "fixtures", "clip").toAbsolutePath();
    private static final String JUDGE = """
            detectors:
              - type: clip
                name: tiny
                directory: %s
                contrast: [cat, the quick brown fox jumps over]
                concepts:
                  dog: {prompts: a dog, threshold: %s}
            """;

    @TempDir
    private Path folder;

    private Path file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("detectors.yaml"), yaml);
    }

    private static Pictures pictures(Fixture fixture) {
        byte[] all = fixture.bytes("pictures");
        return new Pictures(null, IntStream.range(0, 2)
                .mapToObj(i -> new RgbImage(25, 18, Arrays.copyOfRange(all, i * all.length / 2, (i + 1) * all.length / 2))).toList());
    }

    @Test
    void aConceptGetsItsShareOfTheSoftmax() throws IOException {
        try (Fixture fixture = new Fixture("clip"); JudgePanel judges = Detectors.load(folder, Optional.of(file(JUDGE.formatted(FOLDER, 0))), TestDevice.any())) {
            float[] expected = fixture.get("probabilities").toFloatArray();
            List<Judgement> judgements = judges.judge(pictures(fixture));
            for (int i = 0; i < 2; i++) {
                assertThat(judgements.get(i).detections().get(0).objects().get("dog")).isCloseTo(expected[i * 3], within(1e-4));
            }
        }
    }

    @Test
    void aConceptIsNamedFromItsThresholdOn() throws IOException {
        try (Fixture fixture = new Fixture("clip")) {
            float[] probabilities = fixture.get("probabilities").toFloatArray();
            double between = (probabilities[0] + probabilities[3]) / 2;
            try (JudgePanel judges = Detectors.load(folder, Optional.of(file(JUDGE.formatted(FOLDER, between))), TestDevice.any())) {
                assertThat(judges.judge(pictures(fixture))).extracting(judgement -> judgement.shows("object", "dog")).containsExactly(false, true);
            }
        }
    }

    @Test
    void theScoreIsTheCosineOfImageAndPrompt() throws IOException {
        Path file = file("clip_score: " + FOLDER + "\n" + JUDGE.formatted(FOLDER, 0.5));
        try (Fixture fixture = new Fixture("clip"); JudgePanel judges = Detectors.load(folder, Optional.of(file), TestDevice.any());
                ImageMeters meters = ImageMeters.load(judges, Optional.of(file), TestDevice.any())) {
            float[] image = fixture.get("image_embeds").get(1).toFloatArray();
            float[] text = fixture.get("text_embeds").get(0).toFloatArray();
            double cosine = IntStream.range(0, text.length).mapToDouble(i -> image[i] * text[i]).sum();
            assertThat(meters.measure(pictures(fixture), List.of("cat", "a dog")).get(1).clipScore()).isCloseTo(cosine, within(1e-4));
        }
    }

    @Test
    void aConceptNeedsPromptsAndAContrast() {
        assertThatThrownBy(() -> Detectors.load(folder, Optional.of(file(JUDGE.formatted(FOLDER, 0.5).replace("prompts: a dog", "kind: style"))), TestDevice.any()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("detectors[0].concepts.dog.prompts is missing");
        assertThatThrownBy(() -> Detectors.load(folder, Optional.of(file(JUDGE.formatted(FOLDER, 0.5).replace("contrast:", "threshold: 0.5 #"))), TestDevice.any()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("detectors[0].concepts.dog.contrast is missing");
    }
}
