package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.evaluation.Detector.Verdict;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against PyTorch's own modules: src/test/fixtures/judges.py. */
class DetectorsTest {

    private static final List<String> OBJECTS = List.of("church", "dog", "other");
    private static final List<String> STYLES = List.of("blob", "mono", "other");

    @Test
    void bothJudgesGiveTorchsProbabilities() throws URISyntaxException {
        Path folder = Path.of(DetectorsTest.class.getResource("expected.safetensors").toURI()).getParent();
        try (NDManager manager = NDManager.newBaseManager(); JudgePair judges = Detectors.load(folder, Device.cpu());
                Safetensors expected = Safetensors.open(folder.resolve("expected.safetensors"))) {
            List<List<Verdict>> verdicts = judges.judge(Tensors.of(manager, expected.floats("images"), new Shape(4, 3, 16, 16)));
            assertThat(judges.names()).containsExactly("detector", "detector-b");
            for (int judge = 0; judge < 2; judge++) {
                float[] objects = expected.floats(judges.names().get(judge) + ".object");
                float[] styles = expected.floats(judges.names().get(judge) + ".style");
                for (int row = 0; row < 4; row++) {
                    Verdict verdict = verdicts.get(row).get(judge);
                    check(verdict.object(), verdict.objectProbability(), objects, row, OBJECTS);
                    check(verdict.style(), verdict.styleProbability(), styles, row, STYLES);
                }
            }
        }
    }

    private static void check(String name, double probability, float[] expected, int row, List<String> classes) {
        int best = 0;
        for (int i = 1; i < classes.size(); i++) {
            if (expected[row * classes.size() + i] > expected[row * classes.size() + best]) {
                best = i;
            }
        }
        assertThat(probability).isCloseTo(expected[row * classes.size() + best], within(1e-5));
        assertThat(name).isEqualTo(probability < 0.6 ? "other" : classes.get(best));
    }

    @Test
    void aConceptIsShownOnlyIfEveryJudgeNamesIt() {
        Verdict church = new Verdict("church", 0.9, "blob", 0.9);
        Verdict other = new Verdict("other", 0.9, "blob", 0.9);
        assertThat(JudgePair.shows(List.of(church, church), "object", "church")).isTrue();
        assertThat(JudgePair.shows(List.of(church, other), "object", "church")).isFalse();
        assertThat(JudgePair.anyShows(List.of(church, other), "object", "church")).isTrue();
        assertThat(JudgePair.shows(List.of(church, other), "style", "blob")).isTrue();
    }

    @Test
    void aMalformedConfigurationIsNamed(@TempDir Path folder) throws java.io.IOException {
        Files.createDirectories(folder.resolve("detector"));
        Files.writeString(folder.resolve("detector/config.json"), "{\"objects\": [\"church\"]}");
        assertThatThrownBy(() -> Detectors.load(folder, Device.cpu())).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("config.json").hasMessageContaining("styles");
    }
}
