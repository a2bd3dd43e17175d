package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import io.advunlearn.Fixture;
import io.advunlearn.TestDevice;
import io.advunlearn.scheduler.Scheduler;
import io.advunlearn.scheduler.Schedulers;
import io.advunlearn.scheduler.StepNoise;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The bundled model against what diffusers and transformers make of the same folder. */
class EmojiModelTest {

    private static final double GUIDANCE = 5;
    private static final int STEPS = 25;

    private final Path model = Fixture.emojiModel();

    @Test
    void fixturesWereMadeFromThisModel() throws Exception {
        try (Fixture fixture = new Fixture("emoji")) {
            for (Map.Entry<String, JsonNode> entry : fixture.json("model.json").properties()) {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(model.resolve(entry.getKey())));
                assertThat(HexFormat.of().formatHex(digest))
                        .as("%s has changed; run `python src/core/src/test/fixtures/make_fixtures.py models emoji`", entry.getKey())
                        .isEqualTo(entry.getValue().textValue());
            }
        }
    }

    @Test
    void textEncoderAgrees() {
        try (Fixture fixture = new Fixture("emoji"); Safetensors file = Safetensors.open(model.resolve("text_encoder/model.safetensors"))) {
            ClipTextModel encoder = new ClipTextModel(ClipTextConfig.read(model.resolve("text_encoder/config.json")),
                    Weights.load(file, fixture.manager(), TestDevice.any()));
            ClipTextModel.Output output = encoder.forward(fixture.ids("input_ids"));
            Fixture.assertClose(output.lastHiddenState().toFloatArray(), fixture.get("context").get("1:2").toFloatArray(), "context");
            fixture.assertClose(output.penultimate(), "penultimate");
            fixture.assertClose(output.pooled(), "pooled");
        }
    }

    @Test
    void noisePredictionAgrees() {
        try (Fixture fixture = new Fixture("emoji")) {
            UNet2DConditionModel unet = UNet2DConditionModel.load(model.resolve("unet"), fixture.manager(), TestDevice.any());
            NDArray latent = fixture.get("latent");
            fixture.assertClose(unet.forward(latent.concat(latent, 0), fixture.get("timesteps"), fixture.get("context")), "noise_prediction");
        }
    }

    @Test
    void autoencoderAgreesBothWays() {
        try (Fixture fixture = new Fixture("emoji")) {
            AutoencoderKL vae = AutoencoderKL.load(model.resolve("vae"), fixture.manager(), TestDevice.any());
            NDArray latent = fixture.get("latent_after_step_25");
            fixture.assertClose(vae.decode(latent.div(vae.scalingFactor())), "image");
            fixture.assertClose(vae.encodeMoments(fixture.get("image").clip(-1, 1)), "moments");
        }
    }

    @Test
    void guidedSamplingEndsAtTheSameLatents() {
        try (Fixture fixture = new Fixture("emoji")) {
            UNet2DConditionModel unet = UNet2DConditionModel.load(model.resolve("unet"), fixture.manager(), TestDevice.any());
            Scheduler scheduler = Schedulers.read(model.resolve("scheduler/scheduler_config.json"));
            CrossAttentionContext context = unet.context(fixture.get("context"));
            NDArray sample = fixture.get("initial");
            int done = 0;
            Scheduler.Run run = scheduler.start(STEPS, fixture.manager());
            for (float t : run.timesteps()) {
                NDArray times = Tensors.of(fixture.manager(), new float[] {t, t}, new Shape(2));
                NDArray noise = unet.forward(sample.concat(sample, 0), times, context);
                NDArray unconditional = noise.get("0:1");
                sample = run.step(unconditional.add(noise.get("1:2").sub(unconditional).mul(GUIDANCE)), done, sample, StepNoise.NONE);
                done++;
                if (done == 1 || done == 13 || done == STEPS) {
                    fixture.assertClose(sample, "latent_after_step_" + done);
                }
            }
            assertThat(done).isEqualTo(STEPS);
        }
    }
}
