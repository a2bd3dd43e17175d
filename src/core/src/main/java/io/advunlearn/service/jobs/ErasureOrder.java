package io.advunlearn.service.jobs;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.advunlearn.erasure.ErasureConcept;
import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import io.advunlearn.erasure.ErasureStart;
import io.advunlearn.erasure.MethodSettings;
import io.advunlearn.erasure.RetainPrompt;
import io.advunlearn.pipeline.ComponentSnapshot;
import java.util.List;
import java.util.Map;

/**
 * {@code request.json} of an erasure.
 *
 * @param pipeline whose encoder is trained
 * @param concept what to erase, the first of {@code concepts}
 * @param kind {@code object}, {@code style} or {@code topic}
 * @param concepts every concept; {@code null} if there is only {@code concept}
 * @param method one of {@link ErasureMethods#names()}
 * @param profile one of the method's own
 * @param seed of every random draw
 * @param settings overrides of the profile
 * @param from the encoder to start from: {@code base} or a registered encoder's id; {@code null} in older orders for {@code base}
 * @param retain prompts that must stay as they are; {@code null} for the model's catalogue
 * @param maxSeconds how long training may take since it began or was resumed; {@code null} for as long as it takes
 * @param promotion what becomes of the candidate; {@code null} for {@link PromotionPolicy#MANUAL}
 * @param share of the requests that a canary gets; {@code null} in other policies
 * @param evaluation how the candidate is evaluated; {@code null} for the usual budget
 * @param principal who asked
 */
public record ErasureOrder(String pipeline, String concept, String kind, List<ErasureConcept> concepts, String method, String profile,
        long seed, Map<String, Object> settings, String from, List<String> retain, @JsonProperty("max_seconds") Long maxSeconds,
        @JsonAlias("promote") PromotionPolicy promotion, Double share, EvaluationTerms evaluation, String principal) {

    /**
     * How a candidate is evaluated before its promotion.
     *
     * @param profile name of the budget; {@code null} for the usual one
     * @param budget overrides of single fields of that budget; {@code null} for none
     */
    public record EvaluationTerms(String profile, Map<String, Object> budget) { }


    /** The order with every default filled in. @throws IllegalArgumentException naming the field and what is accepted */
    ErasureOrder checked() {
        ErasureRequest request = request(ErasureStart.BASE);
        if (!MethodSettings.TEXT_ENCODER.equals(ErasureMethods.byName(request.method()).resolve(request).module())) {
            throw new IllegalArgumentException("settings: module must be text_encoder here; the command line erases from a UNet");
        }
        return new ErasureOrder(pipeline, request.concept(), request.kind(), request.concepts(), request.method(), request.profile(),
                request.seed(), request.settings(), from == null ? ComponentSnapshot.BASE_ID : from, retain, maxSeconds,
                promotion == null ? PromotionPolicy.MANUAL : promotion, share, evaluation, principal);
    }

    /** Whether something is to be done with the candidate. */
    boolean promotes() {
        return promotion != null && promotion != PromotionPolicy.MANUAL;
    }

    /** @param start what {@code from} names */
    ErasureRequest request(ErasureStart start) {
        return new ErasureRequest(concepts == null ? List.of(new ErasureConcept(concept, kind, List.of())) : concepts, method, profile, seed, settings,
                start, retain == null ? List.of() : RetainPrompt.of(retain));
    }
}
