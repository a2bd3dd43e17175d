package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.advunlearn.Fixture;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Scope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointedUnetTest {

    private static UNet2DConditionModel model(Fixture fixture) {
        return new UNet2DConditionModel(UNet2DConditionConfig.read(fixture.config()), fixture.weights());
    }

    private static CheckpointedUnet.Result differentiate(Fixture fixture, UNet2DConditionModel model, NDArray text) {
        return new CheckpointedUnet(model).differentiate(fixture.get("sample"), fixture.get("timesteps"), text,
                predicted -> predicted.mul(fixture.get("direction")).sum());
    }

    @ParameterizedTest
    @ValueSource(strings = {"unet_conv_projection", "unet_linear_projection", "unet_sine_first"})
    void gradientOfTheTextIsThatOfDiffusers(String name) {
        try (Fixture fixture = new Fixture(name)) {
            CheckpointedUnet.Result result = differentiate(fixture, model(fixture), fixture.get("encoder_hidden_states"));
            fixture.assertClose(result.gradient(), "gradient.encoder_hidden_states");
            assertThat(result.loss().getFloat()).isCloseTo(fixture.get("output").mul(fixture.get("direction")).sum().getFloat(),
                    within(1e-3f));
        }
    }

    /** The text of a training step is computed by an encoder whose graph is recorded at the time. */
    @Test
    void theTextsOwnGraphStaysWhole() {
        try (Fixture fixture = new Fixture("unet_conv_projection")) {
            NDArray weight = Autograd.leaf(fixture.get("encoder_hidden_states"));
            NDArray sum = Autograd.record(() -> {
                NDArray text = Aten.scale(weight, 1);
                CheckpointedUnet.Result result = differentiate(fixture, model(fixture), text);
                assertThatIllegalArgumentException().isThrownBy(() -> Autograd.gradients(result.loss(), List.of(weight)));
                assertThatIllegalArgumentException().isThrownBy(() -> Autograd.gradients(result.gradient().sum(), List.of(weight)));
                return text.mul(result.gradient()).sum();
            });
            fixture.assertClose(Autograd.gradients(sum, List.of(weight)).get(0), "gradient.encoder_hidden_states");
        }
    }

    @Test
    void leavesOnlyItsResults() {
        try (Fixture fixture = new Fixture("unet_conv_projection")) {
            UNet2DConditionModel model = model(fixture);
            NDArray sample = fixture.get("sample");
            NDArray timesteps = fixture.get("timesteps");
            NDArray text = fixture.get("encoder_hidden_states");
            int before = fixture.manager().getManagedArrays().size();
            for (int i = 0; i < 3; i++) {
                CheckpointedUnet.Result result = new CheckpointedUnet(model).differentiate(sample, timesteps, text, predicted -> predicted.square().mean());
                assertThat(fixture.manager().getManagedArrays()).hasSize(before + 2);
                result.loss().close();
                result.gradient().close();
            }
        }
    }

    /** A scope around it, as the pipeline has, must not see more either. */
    @Test
    void resultsLiveInTheScopeAround() {
        try (Fixture fixture = new Fixture("unet_conv_projection")) {
            UNet2DConditionModel model = model(fixture);
            NDArray text = fixture.get("encoder_hidden_states");
            NDArray gradient;
            try (Scope scope = new Scope()) {
                gradient = scope.keep(differentiate(fixture, model, text).gradient());
            }
            fixture.assertClose(gradient, "gradient.encoder_hidden_states");
        }
    }
}
