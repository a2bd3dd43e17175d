package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.TestDevice;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NegativeBranchTest {

    private static final ImageTask TASK = new ImageTask(true, "a church", "", 5, 7);

    private final NDManager manager = NDManager.newBaseManager(TestDevice.any());

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void theEvaluatedModelsImagesFollowTheBranch() {
        assertThat(latents("erased", TASK)).isNotEqualTo(latents("base", TASK));
    }

    @Test
    void theOriginalModelsImagesDoNotDependOnIt() {
        assertThat(latents("erased", TASK.original())).isEqualTo(latents("base", TASK.original()));
    }

    private float[] latents(String branch, ImageTask task) {
        PipelineComponents components = BundledModel.pipeline().components();
        EvaluationRequest request = new EvaluationRequest("church", "object", List.of(), List.of(), List.of("plain"), false, branch, 1, "demo",
                EvaluationBudget.named("demo").with(Map.of("steps", 2)));
        return new EvaluationSampler(components, new Evaluator.Subject(everyTextChanged(components), "changed"), null, null, request,
                new CancellationToken()).latents(manager, List.of(task)).toFloatArray();
    }

    /** An encoder that reads even the empty text otherwise. */
    private ClipTextModel everyTextChanged(PipelineComponents components) {
        Map<String, NDArray> tensors = new LinkedHashMap<>(components.baseEncoder().weights().asMap());
        tensors.computeIfPresent("text_model.final_layer_norm.bias", (name, bias) -> {
            NDArray changed = bias.mul(0.5);
            changed.attach(manager);
            return changed;
        });
        return new ClipTextModel(components.baseEncoder().config(), Weights.of(tensors));
    }
}
