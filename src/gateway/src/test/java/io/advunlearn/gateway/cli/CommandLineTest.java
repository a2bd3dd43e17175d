package io.advunlearn.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.advunlearn.service.access.KeysFile;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        CommandLine command = GatewayCommand.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(args);
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "generate", "erase", "evaluate", "swap", "registry", "keys", "demo"})
    void everyCommandExplainsItself(String command) {
        assertThat(run(command, "--help")).isZero();
        assertThat(out.toString()).contains("Usage: advunlearn " + command);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing", "generate", "erase", "swap --rollback base", "swap --rollback --dry-run", "registry", "registry list --registry /nowhere", "registry import x", "registry gc --older-than soon", "swap base", "swap", "swap --rollback --text-encoder-2 base",
        "generate x --model /nowhere", "demo --model /nowhere", "generate x --steps many", "evaluate", "evaluate compare a", "evaluate church --all-erasures", "evaluate --all-erasures",
        "erase church,dog --prompts file", "erase church --set module=unet --register a"})
    void wrongUsageIsTwoAndExplained(String line) {
        assertThat(run(line.split(" "))).isEqualTo(2);
        assertThat(err.toString()).isNotBlank().doesNotContain("Exception");
    }

    /** The model's own encoder, registered twice, labelled, exported, verified, deleted and collected. */
    @Test
    void looksAfterARegistry(@TempDir Path folder) throws Exception {
        String at = folder.resolve("registry").toString();
        String encoder = Path.of(System.getProperty("advunlearn.models"), "emoji-sd", "text_encoder").toString();
        assertThat(run("registry", "--registry", at, "import", encoder, "--id", "first", "--erasures", "church,dog")).isZero();
        assertThat(run("registry", "import", encoder, "--id", "second", "--parent", "first", "--erasures", "church,dog", "--registry", at)).isZero();
        assertThat(run("registry", "label", "first", "stage=golden", "team=safety", "--registry", at)).isZero();
        assertThat(run("registry", "label", "first", "--remove", "team", "--registry", at)).isZero();
        out.getBuffer().setLength(0);
        assertThat(run("registry", "list", "--label", "stage=golden", "--registry", at)).isZero();
        assertThat(out.toString().lines()).hasSize(1).first().asString().startsWith("first  ").endsWith("[church, dog]  {stage=golden}");
        assertThat(run("registry", "show", "first", "--registry", at)).isZero();
        assertThat(out.toString()).contains("\"needed_by\" : [ \"encoder 'second' was trained from it\" ]");

        assertThat(run("registry", "delete", "first", "--registry", at)).isEqualTo(1);
        assertThat(err.toString()).contains("encoder 'first' is needed: encoder 'second' was trained from it");
        assertThat(run("registry", "export", "second", folder.resolve("out").toString(), "--registry", at)).isZero();
        assertThat(folder.resolve("out/model.safetensors")).exists();

        out.getBuffer().setLength(0);
        assertThat(run("registry", "gc", "--older-than", "0s", "--registry", at)).isZero();
        assertThat(out.toString()).contains("would remove encoder second").contains("would remove encoder first");
        assertThat(run("registry", "verify", "--registry", at)).isZero();
        Files.writeString(folder.resolve("registry/encoders/first/config.json"), "{}");
        assertThat(run("registry", "verify", "--registry", at)).isEqualTo(1);
        assertThat(out.toString()).contains("WRONG  encoder first: config.json of encoder 'first' was changed").contains("ok     audit cli-");
        assertThat(run("registry", "delete", "second", "--registry", at)).isZero();
        assertThat(run("registry", "verify", "second", "--registry", at)).isEqualTo(1);
    }

    /** As a job of Kubernetes runs it: into a registry that gateways share. */
    @Test
    void anErasureRegistersItsCandidate(@TempDir Path folder) throws Exception {
        String at = folder.resolve("registry").toString();
        String[] erase = ("erase church --method encoder-only --set iterations=2 --set searches=0 --set eraseTexts=8 --set eraseBatch=4 --set retainTexts=8 --set retainBatch=4 --model " + System.getProperty("advunlearn.models") + "/emoji-sd --out "
                + folder.resolve("work") + " --registry " + at + " --register church-1").split(" ");
        assertThat(run(erase)).as(err.toString()).isZero();
        out.getBuffer().setLength(0);
        assertThat(run("registry", "show", "church-1", "--registry", at)).isZero();
        assertThat(out.toString()).contains("\"parent\" : \"base\"").contains("\"method\" : \"encoder-only\"").contains("\"kind\" : \"object\"")
                .contains("\"reference_prompt\" : \"a ");
        assertThat(run("registry", "verify", "--registry", at)).isZero();
        assertThat(run("erase", "dog", "--model", System.getProperty("advunlearn.models") + "/emoji-sd", "--out", folder.resolve("other").toString(),
                "--registry", at, "--register", "church-1")).isEqualTo(1);
        assertThat(err.toString()).contains("an encoder 'church-1' is registered already, and it is another one");
    }

    @Test
    void comparingNeedsNoConcept() {
        assertThat(run("evaluate", "compare", "--help")).isZero();
        assertThat(run("evaluate", "compare", "/nowhere/a", "/nowhere/b")).isEqualTo(1);
        assertThat(err.toString()).contains("/nowhere/a is neither a report nor a directory");
    }

    @Test
    void keysAreMadeListedAndRevoked(@TempDir Path folder) {
        String file = folder.resolve("keys.json").toString();
        assertThat(run("keys", "create", "alice", "--role", "operator", "--expires", "90d", "--file", file)).isZero();
        String key = out.toString().strip();
        assertThat(key).startsWith("advk_alice_");
        assertThat(run("keys", "create", "acme", "--tenant", "acme", "--file", file)).isZero();
        assertThat(run("keys", "create", "alice", "--role", "admin", "--file", file)).isEqualTo(1);
        assertThat(err.toString()).contains("there is a key alice already");
        out.getBuffer().setLength(0);
        assertThat(run("keys", "list", "--file", file)).isZero();
        assertThat(out.toString()).contains("alice  role operator  made 2").contains("  expires 2").contains("acme  tenant acme").doesNotContain(key);
        assertThat(run("keys", "revoke", "alice", "--file", file)).isZero();
        assertThat(run("keys", "revoke", "alice", "--file", file)).isEqualTo(1);
        assertThat(new KeysFile(Path.of(file)).read()).containsOnlyKeys("acme");
    }

    @ParameterizedTest
    @ValueSource(strings = {"keys", "keys create a --file f", "keys create a --role root --file f", "keys create A! --role admin --file f",
        "keys create a --role admin --expires soon --file f", "keys create a --role admin", "keys create a --tenant * --file f"})
    void aWrongKeyIsRefusedByItsField(String line) {
        assertThat(run(line.split(" "))).isEqualTo(2);
        assertThat(err.toString()).isNotBlank().doesNotContain("Exception");
    }

    @Test
    void aFailureIsOneWithoutAStackTrace() throws Exception {
        java.nio.file.Path key = java.nio.file.Files.writeString(java.nio.file.Files.createTempFile("key", null), "some-key");
        assertThat(run("swap", "base", "--server", "http://127.0.0.1:1", "--key-file", key.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("no answer from http://127.0.0.1:1").doesNotContain("\tat ").doesNotContain("some-key");
    }

    @Test
    void anUnknownSchedulerIsRefusedBeforeAModelIsLoaded() {
        assertThat(run("generate", "x", "--model", "/nowhere", "--scheduler", "Heun")).isEqualTo(1);
        assertThat(err.toString()).contains("scheduler is Heun").contains("EulerDiscreteScheduler").doesNotContain("\tat ");
    }

    @Test
    void anUnknownWordIsRefusedBeforeAModelIsLoaded() {
        assertThat(run("generate", "x", "--model", "/nowhere", "--vae-tiling", "maybe")).isEqualTo(1);
        assertThat(err.toString()).contains("--vae-tiling is maybe; accepted: auto, on, off").doesNotContain("\tat ");
        assertThat(run("generate", "x", "--model", "/nowhere", "--dtype", "bfloat16")).isEqualTo(1);
        assertThat(err.toString()).contains("--dtype is bfloat16; accepted: float32, float16");
    }

    @Test
    void overridesAreJsonOrWords() {
        assertThat(Overrides.parse(java.util.Map.of("a", "3", "b", "0.5", "c", "word", "d", "[1,2]", "e", "true")))
                .isEqualTo(java.util.Map.of("a", 3, "b", 0.5, "c", "word", "d", java.util.List.of(1, 2), "e", true));
    }

    @Test
    void progressIsPlainLinesWithoutATerminalAndABarOnOne() {
        StringWriter plain = new StringWriter();
        Progress progress = new Progress(new PrintWriter(plain, true), false);
        for (int i = 0; i <= 1000; i++) {
            progress.update("step", i, 1000, "");
        }
        assertThat(plain.toString().lines()).first().isEqualTo("step 0/1000");
        assertThat(plain.toString().lines()).last().isEqualTo("step 1000/1000");
        assertThat(plain.toString().lines().count()).isLessThan(20);
        StringWriter bar = new StringWriter();
        new Progress(new PrintWriter(bar, true), true).update("step", 5, 10, "");
        assertThat(bar.toString()).contains("\r").contains("[###############...............] 5/10");
    }
}
