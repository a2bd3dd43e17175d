package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Sha256;
import io.advunlearn.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncoderOnlyTest {

    private static final Map<String, Object> SMALL = Map.of("iterations", 6, "eraseTexts", 8, "eraseBatch", 4, "retainTexts", 8, "retainBatch", 4,
            "anchor", "house", "checkpointInterval", 2);
    private static final Map<String, Object> SEARCH = Map.of("searchStart", 1, "searchInterval", 2, "searchTokens", List.of(1, 2),
            "searchCandidates", 4, "searchSweeps", 1, "searchBatch", 2);

    @TempDir
    private Path directory;

    private final PipelineComponents components = BundledModel.pipeline().components();

    private ErasureResult erase(Map<String, Object> overrides, String name, ErasureListener listener, CancellationToken token) {
        Map<String, Object> settings = new HashMap<>(SMALL);
        settings.putAll(SEARCH);
        settings.putAll(overrides);
        ErasureRequest request = new ErasureRequest("church", "object", "encoder-only", null, 7, settings);
        return new EncoderOnly().run(components, request, directory.resolve(name), listener, token);
    }

    @Test
    void cancelledErasureResumesToTheSameEncoderAndTheUnetNeverRuns() throws IOException {
        List<ErasureEvent> events = new ArrayList<>();
        ErasureResult whole = erase(Map.of(), "whole", events::add, new CancellationToken());
        CancellationToken token = new CancellationToken();
        assertThatThrownBy(() -> erase(Map.of(), "cut", event -> {
            if (event.iteration() == 3) {
                token.cancel();
            }
        }, token)).isInstanceOf(CancellationException.class);
        ErasureResult resumed = erase(Map.of(), "cut", ErasureListener.NONE, new CancellationToken());
        assertThat(Sha256.of(resumed.encoderDirectory().resolve("model.safetensors")))
                .isEqualTo(Sha256.of(whole.encoderDirectory().resolve("model.safetensors")));
        assertThat(whole.unetForward()).isZero();
        assertThat(whole.unetBackward()).isZero();
        // Searched in steps 1, 3 and 5, counted from 0.
        assertThat(events).extracting(ErasureEvent::phase).filteredOn(phase -> phase.equals("adversarial") || phase.equals("train"))
                .containsExactly("train", "adversarial", "train", "adversarial", "train", "adversarial");
        assertThat(events.get(events.size() - 3).values()).containsKeys("loss_erase", "loss_retain", "loss_empty", "loss_searched");
    }

    @Test
    void conceptTellsTheDenoiserItsAnchorAndTheRestWhatItTold() {
        ErasureResult result = erase(Map.of("iterations", 60, "eraseTexts", 100, "eraseBatch", 12, "retainTexts", 100, "retainBatch", 12,
                "searches", 0), "real", ErasureListener.NONE, new CancellationToken());
        assertThat(result.anchor()).isEqualTo("house");
        try (NDManager manager = NDManager.newBaseManager(components.device(), "PyTorch");
                Safetensors file = Safetensors.open(result.encoderDirectory().resolve("model.safetensors"));
                KeyValueDistance distance = KeyValueDistance.of(components.unet())) {
            ClipTextModel erased = new ClipTextModel(ClipTextConfig.read(result.encoderDirectory().resolve("config.json")),
                    Weights.load(file, manager, components.device()));
            int[][] prompts = components.tokenizer().encodeAll(List.of("a church", "a house", "a horse", ""));
            NDArray before = components.baseEncoder().encode(manager, prompts);
            NDArray after = erased.encode(manager, prompts);
            float gap = distance.distance(before.get("0:1"), before.get("1:2")).getFloat();
            assertThat(distance.distance(after.get("0:1"), before.get("1:2")).getFloat()).isLessThan(0.3f * gap);
            float[] moved = distance.distance(after, before).toFloatArray();
            assertThat(moved[2]).isLessThan(0.3f * gap);
            assertThat(moved[3]).isLessThan(0.1f * gap);
        }
    }
}
