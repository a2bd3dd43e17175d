package io.advunlearn.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.advunlearn.FamilyFixture;
import io.advunlearn.ResidentMemory;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hundred images of mixed sizes and schedulers, by four clients, leave nothing behind. */
class MixedImagesTest {

    private static final int IMAGES = 100;
    /** All sizes with all schedulers. */
    private static final int WARM_UP = 40;
    private static final int CLIENTS = 4;
    private static final List<String> SCHEDULERS = List.of("DDIM", "PNDM", "LMSDiscrete", "EulerDiscrete", "EulerAncestralDiscrete", "DPMSolverMultistep",
            "UniPCMultistep", "LCM");
    private static final List<ImageSize> SIZES = List.of(new ImageSize(16, 16), new ImageSize(48, 32), new ImageSize(8, 24), new ImageSize(64, 64), new ImageSize(40, 8));

    @TempDir
    Path folder;

    @Test
    void neitherArraysNorResidentMemory() throws Exception {
        try (FamilyFixture fixture = new FamilyFixture("sd1_small");
                TextToImagePipeline pipeline = TextToImagePipeline.load("tiny", fixture.write(folder), Device.cpu())) {
            pipeline.tune(PipelineTuning.SERVING);
            draw(pipeline, WARM_UP);
            long arrays = live(PtNDArray.class);
            long managers = live(PtNDManager.class);
            long resident = ResidentMemory.kilobytes();
            draw(pipeline, IMAGES);
            assertThat(live(PtNDArray.class)).isEqualTo(arrays);
            assertThat(live(PtNDManager.class)).isEqualTo(managers);
            assertThat(ResidentMemory.kilobytes()).isLessThanOrEqualTo(resident + resident / 20);
        }
    }

    private static void draw(TextToImagePipeline pipeline, int images) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        List<Future<?>> drawn = new ArrayList<>();
        for (int i = 0; i < images; i++) {
            GenerationRequest request = new GenerationRequest(i % 3 == 0 ? "a cat" : "a dog " + i % WARM_UP, i % 4 == 0 ? "cat" : "", List.of((long) i), 4 + i % 5, i % 7 == 0 ? 1 : 5,
                    SIZES.get(i % SIZES.size()), SCHEDULERS.get(i % SCHEDULERS.size()));
            drawn.add(clients.submit(() -> {
                RgbImage image = pipeline.generate(request, StepListener.NONE, new CancellationToken()).images().get(0);
                assertThat(new ImageSize(image.width(), image.height())).isEqualTo(request.size());
            }));
        }
        for (Future<?> future : drawn) {
            future.get();
        }
        clients.shutdown();
    }

    /** Objects of a class that the garbage collector could not free. */
    private static long live(Class<?> type) throws Exception {
        String histogram = (String) ManagementFactory.getPlatformMBeanServer().invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
                new Object[] {new String[0]}, new String[] {String[].class.getName()});
        return histogram.lines().map(line -> line.trim().split("\\s+")).filter(columns -> columns.length > 3 && columns[3].equals(type.getName()))
                .mapToLong(columns -> Long.parseLong(columns[1])).sum();
    }
}
