package io.advunlearn.service.admin;

import io.advunlearn.pipeline.GenerationRequest;
import io.advunlearn.pipeline.GenerationResult;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.PipelineState;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.filter.FilteredImages;
import io.advunlearn.service.images.ImageChecks;
import io.advunlearn.service.images.ImageFields;
import io.advunlearn.service.images.ImageFormat;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.BusyException;
import io.advunlearn.service.serving.RequestedImages;
import io.advunlearn.service.serving.ServedPipeline;
import io.advunlearn.service.serving.WorkQueue;
import java.io.InputStream;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/**
 * Images by encoders that are registered and not active, to be looked at before a promotion. Clients never get one: what the pipeline serves stays as it is,
 * and no floor is asked for.
 */
public final class PreviewOperations {

    private static final String NOTICE = "A preview for administrators: no client of the image API is served by this encoder unless the pipeline or a route names it.";
    private static final ImageFormat PNG = new ImageFormat(ImageFormat.PNG, 100);

    private final EncoderRegistry registry;
    private final AdminLookup lookup;
    private final Identity caller;

    PreviewOperations(EncoderRegistry registry, AdminLookup lookup, Identity caller) {
        this.registry = registry;
        this.lookup = lookup;
        this.caller = caller;
    }

    /**
     * Draws one image: {@code {"encoder", "text_encoder_2", "prompt", ...}} with the fields of {@link ImageFields}. Waits for its turn in the pipeline's
     * queue. Audited before it is drawn.
     */
    public Answer draw(String name, InputStream body) {
        return AdminAnswers.answer(() -> {
            ServedPipeline pipeline = lookup.pipeline(name);
            JsonFields fields = lookup.body(body, Stream.concat(ImageFields.NAMES.stream(), Stream.of("encoder", PipelineState.TEXT_ENCODER_2)).toArray(String[]::new));
            EncoderPair encoders = lookup.encoderFields(fields, pipeline);
            RequestedImages wanted = ImageFields.parse(fields, pipeline.limits());
            if (wanted.n() != 1) {
                throw new FieldException("n", "invalid_value", "n must be left out or be 1: a preview is one image");
            }
            GenerationRequest request = ImageChecks.checked(wanted, pipeline);
            registry.audit(caller.name(), "preview", name + " by " + encoders, "asked for, seed " + request.seeds().get(0));
            return answer(pipeline, request, drawn(pipeline, request, encoders));
        });
    }

    private static FilteredImages drawn(ServedPipeline pipeline, GenerationRequest request, EncoderPair encoders) {
        try {
            WorkQueue.Ticket<FilteredImages> ticket = pipeline.preview(request, encoders);
            return ticket.result().join();
        } catch (BusyException e) {
            throw busy(e);
        } catch (CompletionException e) {
            if (e.getCause() instanceof BusyException busy) {
                throw busy(busy);
            }
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static ProblemException busy(BusyException e) {
        return new ProblemException(new Problem(429, e.getMessage(), null, Map.of("Retry-After", Long.toString(e.retryAfterSeconds()))));
    }

    private static Answer answer(ServedPipeline pipeline, GenerationRequest request, FilteredImages images) {
        GenerationResult result = images.result();
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("preview", true);
        members.put("notice", NOTICE);
        members.put("pipeline", pipeline.name());
        members.put("encoder", result.encoderVersion());
        members.put("serves", pipeline.encoderVersion().orElse(null));
        members.put("seed", request.seeds().get(0));
        members.put("withheld", images.withheld(0));
        if (!images.withheld(0)) {
            members.put("b64_json", Base64.getEncoder().encodeToString(PNG.encode(result, 0, request)));
        }
        return Answer.json(200, members);
    }
}
