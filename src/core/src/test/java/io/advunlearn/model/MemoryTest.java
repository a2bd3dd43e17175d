package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.Fixture;
import io.advunlearn.tensor.Autograd;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A forward leaves its result behind and nothing else: not with the caller, not with the long-lived weights. */
class MemoryTest {

    private static final int REPEATS = 100;

    private static void leavesOnlyItsResults(Fixture fixture, int results, Function<NDManager, List<NDArray>> forward) {
        int weights = fixture.manager().getManagedArrays().size();
        try (NDManager request = fixture.manager().newSubManager()) {
            for (int i = 0; i < REPEATS; i++) {
                int before = request.getManagedArrays().size();
                List<NDArray> made = forward.apply(request);
                assertThat(request.getManagedArrays().size() - before).isEqualTo(results);
                made.forEach(NDArray::close);
            }
        }
        assertThat(fixture.manager().getManagedArrays()).hasSize(weights);
    }

    private static NDArray in(NDManager request, NDArray input) {
        NDArray copy = input.duplicate();
        copy.attach(request);
        return copy;
    }

    @Test
    void textEncoder() {
        try (Fixture fixture = new Fixture("text_quick_gelu")) {
            ClipTextModel model = new ClipTextModel(ClipTextConfig.read(fixture.config()), fixture.weights());
            NDArray ids = fixture.ids("short_ids");
            leavesOnlyItsResults(fixture, 4, request -> {
                NDArray input = in(request, ids);
                ClipTextModel.Output output = model.forward(input);
                return List.of(input, output.lastHiddenState(), output.penultimate(), output.pooled());
            });
            leavesOnlyItsResults(fixture, 1, request -> List.of(model.encode(request, new int[][] {{38, 5, 39}})));
        }
    }

    @Test
    void denoiser() {
        try (Fixture fixture = new Fixture("unet_linear_projection")) {
            UNet2DConditionModel model = new UNet2DConditionModel(UNet2DConditionConfig.read(fixture.config()), fixture.weights());
            NDArray sample = fixture.get("sample");
            NDArray timesteps = fixture.get("timesteps");
            NDArray text = fixture.get("encoder_hidden_states");
            leavesOnlyItsResults(fixture, 4, request -> {
                NDArray a = in(request, sample);
                NDArray b = in(request, timesteps);
                NDArray c = in(request, text);
                return List.of(a, b, c, model.forward(a, b, c));
            });
        }
    }

    @Test
    void denoiserInTraining() {
        try (Fixture fixture = new Fixture("unet_conv_projection")) {
            UNet2DConditionModel model = new UNet2DConditionModel(UNet2DConditionConfig.read(fixture.config()), fixture.weights());
            NDArray sample = fixture.get("sample");
            NDArray timesteps = fixture.get("timesteps");
            NDArray text = fixture.get("encoder_hidden_states");
            leavesOnlyItsResults(fixture, 6, request -> {
                NDArray a = in(request, sample);
                NDArray b = in(request, timesteps);
                NDArray c = in(request, text);
                NDArray leaf = Autograd.leaf(c);
                NDArray loss = Autograd.record(() -> {
                    try (io.advunlearn.tensor.Scope scope = new io.advunlearn.tensor.Scope()) {
                        return scope.keep(model.forward(a, b, leaf).square().mean());
                    }
                });
                return List.of(a, b, c, leaf, loss, Autograd.gradients(loss, List.of(leaf)).get(0));
            });
        }
    }

    @Test
    void autoencoder() {
        try (Fixture fixture = new Fixture("vae_attention")) {
            AutoencoderKL model = new AutoencoderKL(AutoencoderKLConfig.read(fixture.config()), fixture.weights());
            NDArray image = fixture.get("image");
            NDArray latent = fixture.get("latent");
            leavesOnlyItsResults(fixture, 4, request -> {
                NDArray a = in(request, image);
                NDArray b = in(request, latent);
                return List.of(a, b, model.encodeMean(a), model.decode(b));
            });
        }
    }
}
