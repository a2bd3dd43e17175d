package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.advunlearn.FamilyFixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images decoded on the way to the final one. */
class PreviewTest {

    private static final int STEPS = 6;

    @TempDir
    static Path folder;

    private static TextToImagePipeline pipeline;

    @BeforeAll
    static void load() {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small")) {
            pipeline = TextToImagePipeline.load("tiny", fixture.write(folder), Device.cpu());
        }
    }

    @AfterAll
    static void close() {
        pipeline.close();
    }

    private static final class Previews implements StepListener {

        private final TreeMap<Integer, RgbImage> byStep = new TreeMap<>();
        private final List<Integer> steps = new ArrayList<>();
        private String encoder;

        @Override
        public void onEncoder(String version) {
            encoder = version;
        }

        @Override
        public void onStep(int step, int total) {
            steps.add(step);
        }

        @Override
        public boolean wantsPreview(int step, int total) {
            return step % 2 == 0;
        }

        @Override
        public void onPreview(int step, int total, List<RgbImage> images) {
            byStep.put(step, images.get(0));
        }
    }

    private static GenerationRequest request(String scheduler) {
        return new GenerationRequest("a cat", "", List.of(1L), STEPS, 5, null, scheduler);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DDIM", "PNDM", "EulerDiscrete", "EulerAncestralDiscrete", "LMSDiscrete", "DPMSolverMultistep", "UniPCMultistep", "LCM"})
    void theyLeaveTheFinalImageAsItIs(String scheduler) {
        GenerationResult without = pipeline.generate(request(scheduler), StepListener.NONE, new CancellationToken());
        Previews previews = new Previews();
        GenerationResult with = pipeline.generate(request(scheduler), previews, new CancellationToken());
        assertThat(with.images().get(0).rgb()).isEqualTo(without.images().get(0).rgb());
        assertThat(previews.encoder).isEqualTo(with.encoderVersion());
        assertThat(previews.byStep).hasSize(previews.steps.size() / 2);
        assertThat(previews.byStep.values()).allSatisfy(image -> assertThat(image.width()).isEqualTo(16));
        assertThat(previews.byStep.get(2).rgb()).isNotEqualTo(previews.byStep.get(4).rgb());
    }

    /** What these schedulers go to in their last step is the predicted x0 itself. */
    @ParameterizedTest
    @ValueSource(strings = {"EulerDiscrete", "EulerAncestralDiscrete", "DPMSolverMultistep", "UniPCMultistep"})
    void thatOfTheLastStepIsTheFinalImage(String scheduler) {
        Previews previews = new Previews();
        RgbImage image = pipeline.generate(request(scheduler), previews, new CancellationToken()).images().get(0);
        assertThat(difference(previews.byStep.get(STEPS), image)).isLessThanOrEqualTo(1);
        assertThat(difference(previews.byStep.get(2), image)).isGreaterThan(1);
    }

    private static int difference(RgbImage left, RgbImage right) {
        int most = 0;
        for (int i = 0; i < left.rgb().length; i++) {
            most = Math.max(most, Math.abs((left.rgb()[i] & 0xff) - (right.rgb()[i] & 0xff)));
        }
        return most;
    }

    @Test
    void nothingStaysBehind() {
        NDManager owner = pipeline.components().baseEncoder().tokenEmbedding().getManager();
        pipeline.generate(request(null), new Previews(), new CancellationToken());
        int before = owner.getManagedArrays().size();
        pipeline.generate(request(null), new Previews(), new CancellationToken());
        assertThat(owner.getManagedArrays()).hasSize(before);
    }
}
