package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import io.advunlearn.Fixture;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClipTextModelTest {

    private static ClipTextModel model(Fixture fixture, Weights weights) {
        return new ClipTextModel(ClipTextConfig.read(fixture.config()), weights);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text_quick_gelu", "text_gelu_old_eos"})
    void outputsAreThoseOfTransformers(String name) {
        try (Fixture fixture = new Fixture(name)) {
            ClipTextModel.Output output = model(fixture, fixture.weights()).forward(fixture.ids("input_ids"));
            fixture.assertClose(output.lastHiddenState(), "last_hidden_state");
            fixture.assertClose(output.penultimate(), "penultimate");
            fixture.assertClose(output.pooled(), "pooled");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text_quick_gelu", "text_gelu_old_eos"})
    void shorterPromptsUseTheFirstPositions(String name) {
        try (Fixture fixture = new Fixture(name)) {
            NDArray last = model(fixture, fixture.weights()).forward(fixture.ids("short_ids")).lastHiddenState();
            fixture.assertClose(last, "short_last_hidden_state");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text_quick_gelu", "text_gelu_old_eos"})
    void gradientsAreThoseOfTransformers(String name) {
        try (Fixture fixture = new Fixture(name)) {
            Map<String, NDArray> leaves = new LinkedHashMap<>();
            fixture.weights().asMap().forEach((key, value) -> leaves.put(key, Autograd.leaf(value)));
            ClipTextModel model = model(fixture, Weights.of(leaves));
            NDArray loss = Autograd.record(() -> model.forward(fixture.ids("input_ids")).lastHiddenState().mul(fixture.get("direction")).sum());
            List<NDArray> gradients = Autograd.gradients(loss, new ArrayList<>(leaves.values()));
            List<String> names = new ArrayList<>(leaves.keySet());
            for (String checked : List.of("encoder.layers.0.self_attn.k_proj.weight", "encoder.layers.1.mlp.fc2.bias",
                    "final_layer_norm.weight", "embeddings.position_embedding.weight")) {
                fixture.assertClose(gradients.get(names.indexOf("text_model." + checked)), "gradient.text_model." + checked);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text_quick_gelu", "text_gelu_old_eos"})
    void embeddingsCollectTheGradientThatTransformersGives(String name) {
        try (Fixture fixture = new Fixture(name)) {
            ClipTextModel model = model(fixture, fixture.weights());
            NDArray embeds = Autograd.leaf(model.embed(fixture.ids("input_ids")));
            NDArray loss = Autograd.record(() -> model.forwardEmbeds(embeds, new int[] {4, 11, 7}).lastHiddenState().mul(fixture.get("direction")).sum());
            fixture.assertClose(Autograd.gradients(loss, List.of(embeds)).get(0), "gradient.inputs_embeds");
        }
    }

    @Test
    void tooLongPromptIsRefused() {
        try (Fixture fixture = new Fixture("text_quick_gelu")) {
            ClipTextModel model = model(fixture, fixture.weights());
            assertThatThrownBy(() -> model.encode(fixture.manager(), new int[1][13]))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("13").hasMessageContaining("12");
        }
    }

    @Test
    void missingTensorIsNamed() {
        try (Fixture fixture = new Fixture("text_quick_gelu")) {
            Map<String, NDArray> tensors = new LinkedHashMap<>(fixture.weights().asMap());
            tensors.remove("text_model.encoder.layers.1.mlp.fc1.bias");
            assertThatThrownBy(() -> model(fixture, Weights.of(tensors)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("text_model.encoder.layers.1.mlp.fc1.bias");
        }
    }

    @Test
    void tensorOfAnotherShapeIsNamed() {
        try (Fixture fixture = new Fixture("text_quick_gelu")) {
            Map<String, NDArray> tensors = new LinkedHashMap<>(fixture.weights().asMap());
            tensors.put("text_model.final_layer_norm.bias", fixture.manager().zeros(new ai.djl.ndarray.types.Shape(15)));
            assertThatThrownBy(() -> model(fixture, Weights.of(tensors)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("text_model.final_layer_norm.bias").hasMessageContaining("(15)");
        }
    }
}
