//! What can be done to several {{ naming.plural_sentence }} at once: all of it happens, or nothing.

//% for line in batch_imports
{{ line }}
//% endfor
use super::hooks::Rules as _;
use super::rules::{{ naming.entity }}Rules;
use crate::app::App;

/// How many {{ naming.plural_sentence }} one request can be about.
pub const MOST: usize = {{ max_batch }};

/// {{ naming.capital_plural }} by their ids, in that order.
///
/// # Errors
///
/// Names every id of which there is none.
pub async fn find(app: &App, ids: &[{{ id_owned }}]) -> Result<Vec<{{ naming.entity }}>, Error> {
    queries::TABLE.several(&app.db, "{{ naming.sentence }}", ids).await
}

/// Creates {{ naming.plural_sentence }}, in this order.
///
/// # Errors
///
/// Those of [`commands::create`], each with the element that it is about.
pub async fn create(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Vec<Saved<{{ naming.entity }}>>>,
    mut all: Vec<New{{ naming.entity }}>,
) -> Result<Vec<Saved<{{ naming.entity }}>>, Error> {
    let rules = {{ naming.entity }}Rules;
    let mut found = Violations::new();
    for (index, new) in all.iter().enumerate() {
        let mut of_element = Violations::new();
        rules.check_new(new, &mut of_element);
        found.add_within(&format!("/requests/{index}"), of_element);
    }
    found.into_result()?;
    for (index, new) in all.iter_mut().enumerate() {
        let ready = rules.before_create(app, caller, new).await;
        ready.map_err(|error| error.of_element(index, http::Element::Record))?;
    }

    let tx = unit.hold().await?;
    let rows = all.iter().map(insert_parameters).collect();
    let mut created: Vec<{{ naming.entity }}> = tx
        .one_each(&INSERT, rows)
        .await
        .map_err(|failed| Error::at_element(failed, CONSTRAINTS))?;
//% for link in links
//% if link.touched
    let others: Vec<_> = all.iter().flat_map(|new| &new.{{ link.member }}).collect();
    tx.execute(&{{ link.touch }}, params![db::Value::Null, db::Json(&others){{ link.touch_time }}]).await?;
//% endif
    let rows = created.iter().zip(&all).map(|(record, new)| params![&record.id, db::Json(&new.{{ link.member }})]);
    tx.execute_each(&{{ link.link }}, rows.collect())
        .await
        .map_err(|failed| Error::at_element(failed, {{ link.constraints }}))?;
//% endfor
//% if links
    created = again(tx, &created).await?;
//% endif
    if let Some(inside) = rules.inside_create() {
        for (index, record) in created.iter().enumerate() {
            let done = inside(tx, caller, record).await;
            done.map_err(|error| error.of_element(index, http::Element::Record))?;
        }
        created = again(tx, &created).await?;
    }
    finish(app, caller, unit, created.into_iter().map(Saved::Created).collect()).await
}

/// The records as they are now, which is not as they were inserted.
async fn again(tx: &mut db::Transaction<'static>, records: &[{{ naming.entity }}]) -> Result<Vec<{{ naming.entity }}>, Error> {
    let rows = records.iter().map(|it| params![{{ id_borrow }}it.id]).collect();
    tx.one_each(&queries::FIND, rows)
        .await
        .map_err(|failed| Error::at_element(failed, &[]))
}

//% if changeable
/// Changes {{ naming.plural_sentence }}, in this order, if the conditions of each hold.
///
/// # Errors
///
/// Those of [`commands::change`], each with the element that it is about.
pub async fn change(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Vec<Saved<{{ naming.entity }}>>>,
    mut all: Vec<http::Change<{{ id_owned }}, {{ naming.entity }}Changes>>,
) -> Result<Vec<Saved<{{ naming.entity }}>>, Error> {
    for (index, change) in all.iter_mut().enumerate() {
        let ready = commands::prepare(app, caller, {{ id_borrow }}change.id, &mut change.changes).await;
        ready.map_err(|error| error.of_element(index, http::Element::Changes))?;
    }

    hold(app, unit.hold().await?, &all, |_, missed| Err(missed)).await?;
    let mut changed = Vec::with_capacity(all.len());
    for (index, change) in all.into_iter().enumerate() {
        let http::Change { id, conditions, changes } = change;
        let saved = commands::write({% if versioned %}app, {% endif %}caller, unit, {{ id_borrow }}id, &conditions, changes{% if merged %}, true{% endif %}).await;
        let saved = saved.and_then(|saved| saved.ok_or_else(|| Error::not_found("{{ naming.sentence }}", {{ id_borrow }}id)));
        changed.push(saved.map_err(|error| error.of_element(index, http::Element::Changes))?);
    }
    finish(app, caller, unit, changed).await
}

//% endif
/// Removes {{ naming.plural_sentence }}, in this order, if the conditions of each hold; one that another
/// has taken along is removed already, and one that is not there is passed over where that is allowed.
///
/// # Errors
///
/// Those of removing one, each with the element that it is about.
pub async fn remove(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, ()>,
    all: &[http::Target<{{ id_owned }}>],
    removal: &http::Removal,
) -> Result<(), Error> {
    let rules = {{ naming.entity }}Rules;
//% if reason_required
    removal.require_reason()?;
//% endif
    for (index, target) in all.iter().enumerate() {
        let ready = rules.before_remove(app, caller, {{ id_borrow }}target.id, removal).await;
        ready.map_err(|error| error.of_element(index, http::Element::Record))?;
    }

    let tx = unit.hold().await?;
    let records = hold(app, tx, all, |target, missed| removal.pass_over(&target.conditions, missed)).await?;
    let batch = removal::Batch::new(caller, removal);
    for (index, record) in &records {
        let removed = remove_held(app, tx, caller, &batch, record).await;
        removed.map_err(|error| error.of_element(*index, http::Element::Record))?;
    }
    if unit.commit(&()).await? {
        for (_, record) in &records {
            rules.after_remove(app, caller, {{ id_borrow }}record.id).await;
        }
    }
    Ok(())
}

//% if matching
/// Removes the {{ naming.plural_sentence }} that a filter matches, if they are at most [`MOST`], as one batch:
/// the last one first, so that what refers to others of them goes before these.
///
/// # Errors
///
/// Those of removing one, with its id; says so where too many match.
pub async fn remove_matching(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, http::Removed<{{ id_owned }}>>,
    matching: &list::Matching,
    removal: &http::Removal,
) -> Result<http::Removed<{{ id_owned }}>, Error> {
    let rules = {{ naming.entity }}Rules;
//% if reason_required
    removal.require_reason()?;
//% endif
    let asked: Vec<{{ id_owned }}> = matching.ids(&app.db, MOST).await?;
    for id in &asked {
        let ready = rules.before_remove(app, caller, {{ id_by_reference }}, removal).await;
        ready.map_err(|error| error.with_metadata("id", id.to_string()))?;
    }

    let tx = unit.hold().await?;
    let ids = matching.held(tx, asked).await?;
    let rows = ids.iter().map(|id| params![id{% if versioned %}, db::Value::Null{% endif %}]).collect();
    let records: Vec<{{ naming.entity }}> = tx.one_each(&LOCK, rows).await.map_err(|failed| failed.error)?;
    let batch = removal::Batch::new(caller, removal);
    for record in &records {
        let removed = remove_held(app, tx, caller, &batch, record).await;
        removed.map_err(|error| error.with_metadata("id", record.id.to_string()))?;
    }
    let removed = http::Removed {
        batch: {% if archived %}(!ids.is_empty()).then(|| batch.id()){% else %}None{% endif %},
        ids,
    };
    if unit.commit(&removed).await? {
        for id in &removed.ids {
            rules.after_remove(app, caller, {{ id_by_reference }}).await;
        }
    }
    Ok(removed)
}

//% endif
/// The records of a batch, held until the transaction ends, each with the place of its element.
/// `pass_over` says whether one may be missing.
async fn hold<T: http::Targeted<Id = {{ id_owned }}>>(
    {% if versioned %}app{% else %}_app{% endif %}: &App,
    tx: &mut db::Transaction<'static>,
    targets: &[T],
    pass_over: impl Fn(&T, Error) -> Result<(), Error>,
) -> Result<Vec<(usize, {{ naming.entity }})>, Error> {
    let lock = |target: &T| {
//% if versioned
        Ok(params![{{ target_id }}, target.conditions().expected()?])
//% else
        target.conditions().expect_no_version()?;
        Ok(params![{{ target_id }}])
//% endif
    };
    let held = http::hold(tx, &LOCK, targets, lock).await?;
    let mut records = Vec::with_capacity(targets.len());
    for (index, (record, target)) in held.into_iter().zip(targets).enumerate() {
        match record {
            Some(record) => records.push((index, record)),
            None => {
                let missed = {% if versioned %}missed(app, {{ target_id }}).await{% else %}missed({{ target_id }}){% endif %};
                pass_over(target, missed).map_err(|error| error.of_element(index, http::Element::Record))?;
            }
        }
    }
    Ok(records)
}

/// Ends a command: what it wrote lasts from here on, and the rules hear of it.
async fn finish(
    app: &App,
    caller: &http::Caller,
    unit: &mut Unit<'_, Vec<Saved<{{ naming.entity }}>>>,
    all: Vec<Saved<{{ naming.entity }}>>,
) -> Result<Vec<Saved<{{ naming.entity }}>>, Error> {
    if unit.commit(&all).await? {
        for saved in &all {
            commands::tell(app, caller, saved).await;
        }
    }
    Ok(all)
}
