package io.advunlearn.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.TestDevice;
import io.advunlearn.pipeline.ComponentSnapshot;
import io.advunlearn.pipeline.ComponentSource;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.pipeline.RgbImage;
import io.advunlearn.pipeline.SwapRequest;
import io.advunlearn.pipeline.TextToImagePipeline;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** While encoders change, every image is one encoder's, and the one's that it says. */
@Tag("gpu")
class SwapUnderLoadTest {

    private static final int CLIENTS = 4;
    private static final int SWAPS = 8;
    private static final long SEED = 5;
    /** Of 255; another encoder draws another object. */
    private static final int FAR = 50;

    @TempDir
    Path folder;

    @Test
    void everyImageIsThatOfItsOwnEncoder() throws Exception {
        try (TextToImagePipeline pipeline = Both.load(TestDevice.gpu())) {
            ComponentSource horse = OtherEncoder.register(folder);
            Map<String, RgbImage> offline = new TreeMap<>();
            offline.put(ComponentSnapshot.BASE_ID, Both.image(pipeline, SEED));
            pipeline.slot().swap(SwapRequest.of(horse, 1));
            offline.put(horse.id(), Both.image(pipeline, SEED));
            assertThat(Both.difference(offline.get(ComponentSnapshot.BASE_ID), offline.get(horse.id()))).isGreaterThan(FAR);

            Map<String, Integer> served = new TreeMap<>();
            for (GenerationResult result : underLoad(pipeline, horse)) {
                assertThat(Both.difference(result.images().get(0), offline.get(result.encoderId()))).isLessThanOrEqualTo(Both.PIXEL_TOLERANCE);
                served.merge(result.encoderId(), 1, Integer::sum);
            }
            Both.print("swap under load: images by encoder %s", served);
            assertThat(served.keySet()).isEqualTo(offline.keySet());
        }
    }

    /** Swaps to and fro, each time after the clients have begun new images. */
    private static List<GenerationResult> underLoad(TextToImagePipeline pipeline, ComponentSource horse) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<List<GenerationResult>>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                running.add(clients.submit(() -> draw(pipeline, stop)));
            }
            for (int generation = 2; generation < 2 + SWAPS; generation++) {
                pipeline.slot().swap(generation % 2 == 0 ? SwapRequest.base(generation, false) : SwapRequest.of(horse, generation));
                Both.image(pipeline, SEED);
            }
            stop.set(true);
            List<GenerationResult> results = new ArrayList<>();
            for (Future<List<GenerationResult>> client : running) {
                results.addAll(client.get(2, TimeUnit.MINUTES));
            }
            return results;
        } finally {
            stop.set(true);
            clients.shutdownNow();
        }
    }

    private static List<GenerationResult> draw(TextToImagePipeline pipeline, AtomicBoolean stop) {
        List<GenerationResult> results = new ArrayList<>();
        while (!stop.get()) {
            results.add(Both.generate(pipeline, Both.request(Both.STEPS, SEED)));
        }
        return results;
    }
}
