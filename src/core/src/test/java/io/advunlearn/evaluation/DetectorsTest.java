package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.TestDevice;
import io.advunlearn.evaluation.Detector.Detection;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against PyTorch's own modules: src/test/fixtures/judges.py. */
class DetectorsTest {

    private static final List<String> OBJECTS = List.of("church", "dog", "other");
    private static final List<String> STYLES = List.of("blob", "mono", "other");

    @Test
    void bothJudgesGiveTorchsProbabilities() throws URISyntaxException {
        Path folder = Path.of(DetectorsTest.class.getResource("expected.safetensors").toURI()).getParent();
        try (NDManager manager = NDManager.newBaseManager(TestDevice.any(), "PyTorch"); JudgePanel judges = Detectors.load(folder, TestDevice.any());
                Safetensors expected = Safetensors.open(folder.resolve("expected.safetensors"))) {
            NDArray images = Tensors.of(manager, expected.floats("images"), new Shape(4, 3, 16, 16));
            List<Judgement> judgements = judges.judge(new Pictures(images, Collections.nCopies(4, null)));
            assertThat(judges.names()).containsExactly("detector", "detector-b");
            for (int judge = 0; judge < 2; judge++) {
                float[] objects = expected.floats(judges.names().get(judge) + ".object");
                float[] styles = expected.floats(judges.names().get(judge) + ".style");
                for (int row = 0; row < 4; row++) {
                    Detection detection = judgements.get(row).detections().get(judge);
                    check(detection.objects(), objects, row, OBJECTS);
                    check(detection.styles(), styles, row, STYLES);
                }
            }
        }
    }

    private static void check(Map<String, Double> named, float[] expected, int row, List<String> classes) {
        int best = 0;
        for (int i = 1; i < classes.size(); i++) {
            if (expected[row * classes.size() + i] > expected[row * classes.size() + best]) {
                best = i;
            }
        }
        float probability = expected[row * classes.size() + best];
        if (probability < 0.6 || classes.get(best).equals("other")) {
            assertThat(named).isEmpty();
        } else {
            assertThat(named).containsOnlyKeys(classes.get(best));
            assertThat(named.get(classes.get(best))).isCloseTo(probability, within(1e-5));
        }
    }

    @Test
    void aMalformedConfigurationIsNamed(@TempDir Path folder) throws java.io.IOException {
        Files.createDirectories(folder.resolve("detector"));
        Files.writeString(folder.resolve("detector/config.json"), "{\"objects\": [\"church\"]}");
        assertThatThrownBy(() -> Detectors.load(folder, TestDevice.any())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("config.json").hasMessageContaining("styles");
    }
}
