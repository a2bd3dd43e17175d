package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that name a scheduler, on the bundled model, which DDIM draws by itself. */
class RequestedSchedulerTest {

    private static List<RgbImage> draw(String scheduler, int steps, Long... seeds) {
        GenerationRequest request = new GenerationRequest("a red apple", "", List.of(seeds), steps, 5, null, scheduler);
        return BundledModel.pipeline().generate(request, StepListener.NONE, new CancellationToken()).images();
    }

    /** Mean difference of a channel's value, of 255. */
    private static double difference(RgbImage a, RgbImage b) {
        double sum = 0;
        for (int i = 0; i < a.rgb().length; i++) {
            sum += Math.abs((a.rgb()[i] & 255) - (b.rgb()[i] & 255));
        }
        return sum / a.rgb().length;
    }

    @ParameterizedTest
    @ValueSource(strings = {"PNDMScheduler", "LMSDiscrete", "EulerDiscrete", "DPMSolverMultistep", "UniPCMultistep"})
    void deterministicSchedulersDrawTheSamePicture(String scheduler) {
        RgbImage own = draw(null, 25, 3L).get(0);
        assertThat(difference(draw(scheduler, 25, 3L).get(0), own)).isLessThan(difference(draw(null, 25, 4L).get(0), own) / 4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EulerAncestralDiscrete", "LCM"})
    void stochasticSchedulersDrawWhatTheSeedSays(String scheduler) {
        List<RgbImage> both = draw(scheduler, 6, 3L, 4L);
        RgbImage alone = draw(scheduler, 6, 4L).get(0);
        assertThat(alone.rgb()).isEqualTo(draw(scheduler, 6, 4L).get(0).rgb());
        // kernels of a batch round differently
        assertThat(difference(both.get(1), alone)).isLessThan(0.5);
        assertThat(difference(both.get(0), alone)).isGreaterThan(5);
    }

    @Test
    void thePipelinesOwnIsTheOneOfItsFile() {
        assertThat(draw("DDIM", 3, 3L).get(0).rgb()).isEqualTo(draw(null, 3, 3L).get(0).rgb());
    }

    @Test
    void unknownNamesAndImpossibleStepsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> draw("Heun", 3, 3L)).withMessageContaining("scheduler is Heun").withMessageContaining("PNDMScheduler");
        assertThatIllegalArgumentException().isThrownBy(() -> draw("LCM", 60, 3L)).withMessageContaining("1 to 50");
    }
}
