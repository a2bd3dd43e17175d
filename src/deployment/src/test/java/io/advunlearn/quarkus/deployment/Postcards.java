package io.advunlearn.quarkus.deployment;

import io.advunlearn.quarkus.EncoderSwapped;
import io.advunlearn.quarkus.GeneratedImages;
import io.advunlearn.quarkus.PipelineReady;
import io.advunlearn.quarkus.TextToImage;
import io.quarkus.logging.Log;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Inject;

/** The README's example, word for word. */
// tag::postcards[]
@ApplicationScoped
public class Postcards {

    @Inject
    TextToImage textToImage; // the only pipeline; of several: @Inject @Pipeline("emoji-sd")

    public byte[] draw(String motif) {
        GeneratedImages drawn = textToImage.prompt(motif).negativePrompt("text").seed(7).numInferenceSteps(2).generate();
        return drawn.image().png(); // or toBufferedImage(); drawn.encoderVersion() says which encoder drew it
    }

    public Uni<GeneratedImages> several(String motif, int number) {
        return textToImage.prompt(motif).n(number).numInferenceSteps(2).generateUni();
    }

    void ready(@ObservesAsync PipelineReady event) {
        Log.infof("%s draws with %s", event.pipeline(), event.encoderVersion());
    }

    void swapped(@ObservesAsync EncoderSwapped event) {
        Log.infof("%s draws with %s instead of %s", event.pipeline(), event.encoder(), event.previous());
    }
}
// end::postcards[]
