package io.advunlearn.quarkus.drawing;

import io.advunlearn.quarkus.TextToImage;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.ServedPipeline;

/** One pipeline of the service. */
record PipelineTextToImage(String pipeline, AdvUnlearnService service) implements TextToImage {

    @Override
    public Request prompt(String prompt) {
        return new DrawingRequest(this, prompt);
    }

    Limits limits() {
        return service.settings().limits();
    }

    /** @throws IllegalStateException before the application has started */
    ServedPipeline served() {
        return service.pipelines().find(pipeline).orElseThrow(() -> new IllegalStateException("pipeline " + pipeline
                + " is not there before the application has started; observe PipelineReady to draw as soon as it can"));
    }
}
