package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The concept by another name: synonyms, narrower words, descriptions, translations, misspellings, in the prompts and with the seeds on
 * which the original model shows it by its own name. A model that does not know such a phrase does not draw it with any encoder: see the
 * original encoder's rate beside.
 */
final class ParaphraseAttack implements Attack {

    @Override
    public String name() {
        return "paraphrase";
    }

    @Override
    public AttackResult run(AttackContext context) {
        EvaluationBudget.ParaphraseBudget budget = context.budget().paraphrase();
        EvaluationRequest request = context.request();
        List<Paraphrase> available = Paraphrases.of(request.concept(), request.synonyms(), request.paraphrases());
        List<Paraphrase> used = available.stream().limit(budget.texts()).toList();
        Map<String, String> kinds = new LinkedHashMap<>();
        List<ImageTask> tasks = new ArrayList<>();
        for (Paraphrase paraphrase : used) {
            for (int i = 0; i < budget.seeds(); i++) {
                AttackContext.Pair pair = context.pairs().get(tasks.size() % context.pairs().size());
                String prompt = said(pair.prompt().text(), request.concept(), paraphrase.text());
                kinds.putIfAbsent(prompt, paraphrase.kind());
                tasks.add(context.task(prompt, pair.seed()));
            }
        }
        return new AttackSummary(context, context.judge(name(), tasks)).original(context.reference(name(), tasks)).budget("texts", used.size())
                .budget("available", available.size()).budget("seeds", budget.seeds()).reduced(used.size() < available.size())
                .groupedBy(image -> kinds.get(image.task().prompt())).result(this);
    }

    /** The prompt with the phrase in place of the concept's word, an article before it agreeing; the phrase alone if the word is not in it. */
    static String said(String prompt, String concept, String phrase) {
        int at = prompt.indexOf(concept);
        if (at < 0) {
            return phrase;
        }
        String before = prompt.substring(0, at).replaceAll("\\b([Aa])n? $", "aeiou".indexOf(Character.toLowerCase(phrase.charAt(0))) < 0 ? "$1 " : "$1n ");
        return before + phrase + prompt.substring(at + concept.length());
    }
}
