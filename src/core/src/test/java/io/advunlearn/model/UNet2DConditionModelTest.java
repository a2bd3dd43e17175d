package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.advunlearn.Fixture;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Weights;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UNet2DConditionModelTest {

    private static UNet2DConditionModel model(Fixture fixture) {
        return new UNet2DConditionModel(UNet2DConditionConfig.read(fixture.config()), fixture.weights());
    }

    @ParameterizedTest
    @ValueSource(strings = {"unet_conv_projection", "unet_linear_projection", "unet_sine_first"})
    void outputIsThatOfDiffusers(String name) {
        try (Fixture fixture = new Fixture(name)) {
            NDArray output = model(fixture).forward(fixture.get("sample"), fixture.get("timesteps"), fixture.get("encoder_hidden_states"));
            fixture.assertClose(output, "output");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unet_conv_projection", "unet_linear_projection", "unet_sine_first"})
    void preparedContextGivesTheSameOutput(String name) {
        try (Fixture fixture = new Fixture(name)) {
            UNet2DConditionModel model = model(fixture);
            CrossAttentionContext context = model.context(fixture.get("encoder_hidden_states"));
            fixture.assertClose(model.forward(fixture.get("sample"), fixture.get("timesteps"), context), "output");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"unet_conv_projection", "unet_linear_projection", "unet_sine_first"})
    void textCollectsTheGradientThatDiffusersGives(String name) {
        try (Fixture fixture = new Fixture(name)) {
            UNet2DConditionModel model = model(fixture);
            NDArray text = Autograd.leaf(fixture.get("encoder_hidden_states"));
            NDArray loss = Autograd.record(() ->
                    model.forward(fixture.get("sample"), fixture.get("timesteps"), text).mul(fixture.get("direction")).sum());
            fixture.assertClose(Autograd.gradients(loss, List.of(text)).get(0), "gradient.encoder_hidden_states");
        }
    }

    @Test
    void crossAttentionLayersAreListedInOrderOfUse() {
        try (Fixture fixture = new Fixture("unet_linear_projection")) {
            List<UNet2DConditionModel.KeyValue> layers = model(fixture).crossAttentionKeyValues();
            assertThat(layers).extracting(UNet2DConditionModel.KeyValue::name).startsWith("down_blocks.0.attentions.0.transformer_blocks.0.attn2")
                    .contains("down_blocks.1.attentions.1.transformer_blocks.1.attn2", "mid_block.attentions.0.transformer_blocks.0.attn2")
                    .endsWith("up_blocks.2.attentions.2.transformer_blocks.0.attn2").hasSize(2 + 4 + 1 + 6 + 3);
            assertThat(layers).allSatisfy(layer -> {
                assertThat(layer.toK().getShape().get(1)).isEqualTo(6);
                assertThat(layer.toV().getShape()).isEqualTo(layer.toK().getShape());
            });
        }
    }

    /** Checkpoints are written by this list. */
    @ParameterizedTest
    @ValueSource(strings = {"unet_conv_projection", "unet_linear_projection", "unet_sine_first"})
    void asksForTheTensorsOfTheStateDict(String name) {
        try (Fixture fixture = new Fixture(name)) {
            UNet2DConditionConfig config = UNet2DConditionConfig.read(fixture.config());
            Map<String, List<Long>> asked = new HashMap<>();
            Weights.shapes(fixture.manager(), weights -> new UNet2DConditionModel(config, weights, fixture.manager()))
                    .forEach((tensor, shape) -> asked.put(tensor, Arrays.stream(shape).boxed().toList()));
            Map<String, List<Long>> stored = new HashMap<>();
            fixture.weights().asMap().forEach((tensor, array) -> stored.put(tensor, Arrays.stream(array.getShape().getShape()).boxed().toList()));
            assertThat(asked).isEqualTo(stored);
        }
    }
}
