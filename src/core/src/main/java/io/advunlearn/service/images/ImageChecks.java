package io.advunlearn.service.images;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.serving.RequestedImages;
import io.advunlearn.service.serving.ServedPipeline;

/** What a pipeline cannot draw, told by the field's name before anything is queued. */
public final class ImageChecks {

    private ImageChecks() {
    }

    /**
     * What to draw, with the pipeline's settings where nothing was said.
     *
     * @throws FieldException naming the field and what is accepted
     * @throws io.advunlearn.service.serving.PipelineNotReadyException while loading, or if loading failed
     */
    public static GenerationRequest checked(RequestedImages wanted, ServedPipeline pipeline) {
        if (wanted.size() != null) {
            checked("size", () -> pipeline.checkSize(wanted.size()));
        }
        GenerationRequest request = wanted.of(pipeline.settings());
        // the reason names the server's files
        FieldException.checked("scheduler", reason -> "scheduler " + request.scheduler() + " cannot run model " + pipeline.name()
                + "; leave it out for the model's own", () -> pipeline.scheduler(request));
        // distilled models take few steps
        checked("num_inference_steps", () -> pipeline.checkSteps(request));
        return request;
    }

    private static void checked(String field, Runnable check) {
        FieldException.checked(field, reason -> field + ": " + reason, () -> {
            check.run();
            return field;
        });
    }
}
