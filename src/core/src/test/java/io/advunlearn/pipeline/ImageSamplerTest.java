package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.advunlearn.Fixture;
import io.advunlearn.scheduler.StepNoise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The whole sampling loop on the bundled model, against a run of diffusers with the same noise, prompts and guidance. */
class ImageSamplerTest {

    private static final int STEPS = 25;
    private static final StepListener QUIET = (step, steps) -> { };

    private final Fixture fixture = new Fixture("emoji");
    private final ImageSampler sampler = new ImageSampler(BundledModel.pipeline().components(), DeviceLane.Priority.SERVING);
    private final NDArray negative = fixture.get("context").get("0:1");
    private final NDArray positive = fixture.get("context").get("1:2");

    @AfterEach
    void close() {
        fixture.close();
    }

    private NDArray sample(NDArray positive, NDArray negative, NDArray start, double guidance, CancellationToken token) {
        return sampler.sample(positive, negative, start, StepNoise.NONE, STEPS, guidance, QUIET, token);
    }

    @Test
    void latentsAndPixelsAreThoseOfDiffusers() {
        NDArray latents = sample(positive, negative, fixture.get("initial"), 5, new CancellationToken());
        fixture.assertClose(latents, "latent_after_step_25");
        Fixture.assertClose(sampler.decode(latents).toFloatArray(), fixture.get("image").clip(-1, 1).toFloatArray(), "image");
    }

    @Test
    void observerSeesEveryStepsLatents() {
        List<Float> seen = new ArrayList<>();
        sampler.sampleFirst(positive, negative, fixture.get("initial"), STEPS, STEPS, 5, (index, timestep, latents) -> {
            seen.add(timestep);
            if (index == 13) {
                fixture.assertClose(latents, "latent_after_step_13");
            }
        }, QUIET, new CancellationToken());
        assertThat(seen).hasSize(STEPS).startsWith(961f, 921f).endsWith(41f, 1f);
    }

    @Test
    void guidanceOfOneIsThePromptAlone() {
        NDArray start = fixture.get("initial");
        float[] alone = sample(positive, negative, start, 1, new CancellationToken()).toFloatArray();
        // e_u + s (e_c - e_u) does not depend on s when both branches are the same text
        float[] same = sample(positive, positive, start, 5, new CancellationToken()).toFloatArray();
        assertThat(alone).containsExactly(same, within(1e-3f));
    }

    @Test
    void rowsOfABatchAreIndependent() {
        NDArray start = fixture.get("initial");
        NDArray two = NDArrays.concat(new NDList(start.mul(0.9), start));
        NDArray latents = sample(positive.repeat(0, 2), negative, two, 5, new CancellationToken());
        Fixture.assertClose(latents.get("1:2").toFloatArray(), fixture.get("latent_after_step_25").toFloatArray(), "second row");
    }

    @Test
    void startNoiseOfARowDependsOnItsSeedAlone() {
        NDArray both = sampler.startNoise(fixture.manager(), new long[] {3, 4});
        assertThat(both.get("1:2").toFloatArray()).isEqualTo(sampler.startNoise(fixture.manager(), new long[] {4}).toFloatArray());
        assertThat(both.get("0:1").toFloatArray()).isNotEqualTo(both.get("1:2").toFloatArray());
    }

    @Test
    void cancelStopsBetweenSteps() {
        CancellationToken token = new CancellationToken();
        List<Integer> done = new ArrayList<>();
        assertThatThrownBy(() -> sampler.sample(positive, negative, fixture.get("initial"), StepNoise.NONE, STEPS, 5, (step, steps) -> {
            done.add(step);
            if (step == 3) {
                token.cancel();
            }
        }, token)).isInstanceOf(CancellationException.class);
        assertThat(done).containsExactly(1, 2, 3);
    }

    @Test
    void onlyTheResultIsLeftBehind() {
        NDArray start = fixture.get("initial");
        for (double guidance : new double[] {1, 5}) {
            int before = fixture.manager().getManagedArrays().size();
            for (int i = 0; i < 3; i++) {
                sample(positive, negative, start, guidance, new CancellationToken()).close();
            }
            assertThat(fixture.manager().getManagedArrays()).hasSize(before);
        }
    }
}
