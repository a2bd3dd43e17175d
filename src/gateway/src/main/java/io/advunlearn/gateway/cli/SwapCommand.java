package io.advunlearn.gateway.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Replaces the text encoder of a running server, or both of an SDXL model at one moment. */
@Command(name = "swap", mixinStandardHelpOptions = true, description = "Replace the text encoder of a running server's pipeline.",
        footer = {"", "The admin key is read from the environment variable ADVUNLEARN_ADMIN_KEY or from --key-file."})
final class SwapCommand implements Callable<Integer> {

    private static final String KEY_VARIABLE = "ADVUNLEARN_ADMIN_KEY";
    private static final String SECOND = "text_encoder_2";
    private static final Duration WAIT = Duration.ofMinutes(1);

    @Parameters(paramLabel = "ENCODER", arity = "0..1", description = "Id of a registered encoder, or base.")
    private String encoder;

    @Option(names = "--text-encoder-2", paramLabel = "ENCODER",
            description = "For SDXL: id of a registered second text encoder, or base; alone, or together with ENCODER at one moment.")
    private String textEncoder2;

    @Option(names = "--rollback", description = "Back to the encoder before (for SDXL to the pair before), instead of naming one.")
    private boolean rollback;

    @Option(names = "--weaken", description = "Allow an encoder that lacks erasures which the pipeline requires; audited.")
    private boolean weaken;

    @Option(names = "--override", description = "Allow an encoder that does not pass the pipeline's gates; audited.")
    private boolean override;

    @Option(names = "--dry-run", description = "Load and verify everything and apply the floor and the gates, but change nothing.")
    private boolean dryRun;

    @Option(names = "--wait", description = "Return when every replica serves it; exit code 1 if not all do within a minute.")
    private boolean wait;

    @Option(names = "--pipeline", paramLabel = "NAME", defaultValue = "emoji-sd", description = "The pipeline (default: ${DEFAULT-VALUE}).")
    private String pipeline;

    @Option(names = "--server", paramLabel = "URL", defaultValue = "http://localhost:9000", description = "The management address (default: ${DEFAULT-VALUE}).")
    private URI server;

    @Option(names = "--key-file", paramLabel = "FILE", description = "File that holds the admin key.")
    private Path keyFile;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rollback == (encoder != null || textEncoder2 != null)) {
            throw new ParameterException(command.commandLine(), "give either an ENCODER, --text-encoder-2 or both, or --rollback");
        }
        if (rollback && dryRun) {
            throw new ParameterException(command.commandLine(), "--dry-run is for a swap, not for --rollback");
        }
        AdminClient admin = new AdminClient(server, key());
        String path = "/pipelines/" + pipeline + "/text-encoder";
        JsonNode result = rollback ? admin.post(path + "/rollback", Map.of("weaken", weaken))
                : admin.put(path, change());
        tell(pipeline + (dryRun ? " would serve" : " serves"), result);
        if (result.has(SECOND)) {
            tell("with " + SECOND, result.path(SECOND));
        }
        if (!wait || dryRun) {
            return 0;
        }
        PrintWriter out = command.commandLine().getOut();
        return new RolloutWait(admin, pipeline).until(result.path("generation").asLong(), WAIT, out) ? 0 : 1;
    }

    private Map<String, Object> change() {
        Map<String, Object> change = new LinkedHashMap<>(Map.of("weaken", weaken, "override", override, "dry_run", dryRun));
        if (encoder != null) {
            change.put("encoder", encoder);
        }
        if (textEncoder2 != null) {
            change.put(SECOND, textEncoder2);
        }
        return change;
    }

    private static void tell(String what, JsonNode result) {
        StringJoiner stages = new StringJoiner(", ");
        result.path("stages").forEach(stage -> stages.add(stage.path("name").asText() + " "
                + (stage.path("millis").isNull() ? "goes on" : String.format(Locale.ROOT, "%.3g ms", stage.path("millis").asDouble()))));
        System.out.printf("%s %s (generation %d, before: %s); %s%n", what, result.path("encoder").asText(), result.path("generation").asLong(),
                result.path("previous").asText(), stages);
    }

    private String key() throws IOException {
        String key = keyFile == null ? System.getenv(KEY_VARIABLE) : Files.readString(keyFile).strip();
        if (key == null || key.isEmpty()) {
            throw new ParameterException(command.commandLine(), "no admin key: set " + KEY_VARIABLE + " or --key-file");
        }
        return key;
    }
}
