package io.advunlearn.gpu;

import io.advunlearn.erasure.ErasureListener;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureResult;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.TextToImagePipeline;
import java.nio.file.Path;
import java.util.Map;

/** An erasure of church with a short schedule and small banks. */
final class SmallErasure {

    static final int ITERATIONS = 20;

    private static final Map<String, Object> SETTINGS = Map.of("iterations", ITERATIONS, "warmupIterations", 4, "refineIterations", 2,
            "eraseBatch", 4, "attackSteps", 4, "retainBatch", 4, "bankStarts", 4, "retainStarts", 4, "bankSteps", 5);

    private SmallErasure() {
    }

    /** @param profile {@code kv} or {@code fast} */
    static ErasureRequest request(String profile) {
        return new ErasureRequest("church", "object", "advunlearn", profile, 7, SETTINGS);
    }

    static ErasureResult run(TextToImagePipeline pipeline, String profile, Path directory, ErasureListener listener) {
        return ErasureMethods.byName("advunlearn").run(pipeline.components(), request(profile), directory, listener, new CancellationToken());
    }
}
