package io.advunlearn.erasure;

import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * S-GRACE (arXiv 2510.27285): the text encoder alone is edited, on token-embedding sequences that were attacked at one noisy latent of one
 * image. Written from the method's description, not from its code.
 */
public final class Sgrace implements ErasureMethod {

    private static final Duration CHAT_TIMEOUT = Duration.ofMinutes(2);

    private final Map<String, String> environment;

    /** The chat endpoint, if any, is the process environment's. */
    public Sgrace() {
        this(System.getenv());
    }

    Sgrace(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public String name() {
        return "sgrace";
    }

    @Override
    public List<String> profiles() {
        return List.of("fast", "paper");
    }

    @Override
    public SgraceSettings resolve(ErasureRequest request) {
        SgraceSettings settings = SgraceSettings.resolve(request);
        if (asks(settings)) {
            KeywordChat.of(environment, CHAT_TIMEOUT);
        }
        return settings;
    }

    private static boolean asks(SgraceSettings settings) {
        return "chat".equals(settings.keywordSource()) && (settings.related().isEmpty() || settings.unrelated().isEmpty());
    }

    @Override
    public void check(PipelineComponents components, ErasureRequest request) {
        SgraceSettings settings = resolve(request);
        EncoderErasureCheck.check(components, request, settings.trainedWeights());
        SgraceLatent.fitting(components.scheduler().ddim().timesteps(settings.rolloutSteps()), settings);
    }

    @Override
    public ErasureResult run(PipelineComponents components, ErasureRequest request, Path workDirectory, ErasureListener listener,
            CancellationToken cancellation) {
        check(components, request);
        SgraceSettings settings = resolve(request);
        try (EncoderTraining training = new EncoderTraining(components, request, settings, workDirectory, listener, cancellation)) {
            Supplier<Keywords> source = asks(settings)
                    ? () -> KeywordChat.of(environment, CHAT_TIMEOUT).ask(request.concept(), settings.keywords())
                    : () -> KeywordRanking.rank(ErasurePrompts.catalog(components, request), request.concept(), settings.keywords(), training.frozen(),
                            components.unet(), training.manager());
            Keywords keywords = KeywordLists.resolve(settings, request.concept(), workDirectory, source);
            return training.run(new SgraceErasure(training, settings, request, keywords), "");
        }
    }
}
